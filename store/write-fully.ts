import type { FileHandle } from 'node:fs/promises';

/** Below it, copying the pieces together takes less time than to hand over many of them. */
const smallBytes = 64 * 1024;
/** So many pieces go into one write; more the system does not take. */
const maxPieces = 1024;

/** Writes pieces one after the other from `position` on, all of them. @throws what the disk says. */
export async function writeFully(file: FileHandle, pieces: readonly Buffer[], position: number): Promise<void> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length <= smallBytes || pieces.length > maxPieces)
    return writeBytes(file, Buffer.concat(pieces, length), position);
  const { bytesWritten } = await file.writev(pieces, position);
  // A disk that is nearly full takes a part; the rest is tried, or says why not.
  if (bytesWritten < length) {
    await writeBytes(file, Buffer.concat(pieces, length).subarray(bytesWritten), position + bytesWritten);
  }
}

async function writeBytes(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
