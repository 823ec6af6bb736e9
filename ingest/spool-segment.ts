import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { writeFully } from '../store/write-fully.ts';
import { createBreather } from '../telemetry/turn.ts';
import { type Block, decodeFrame, encodeBlock, encodeShape, type Shape } from './spool-frame.ts';

/** The rows of one table in a segment, in the order in which they came. */
export interface Lane {
  /** The number of its shape in the segment. */
  id: number;
  shape: Shape;
  chunks: Buffer[];
  keys: Uint32Array[];
  rows: number;
}

/** A segment as it is read: what its tables hold, and a name that no other segment ever has. */
export interface SegmentContent {
  id: string;
  lanes: Lane[];
  /** How much of the file is whole frames. */
  bytes: number;
  /** What follows them: the torn end of a write that was never acknowledged, or a fault of the disk. */
  tornBytes: number;
}

/** A segment file that is being written. */
export interface OpenSegment {
  readonly path: string;
  readonly content: SegmentContent;
  /** Returns when the blocks are on the disk; after an error the file is as it was. */
  append(blocks: readonly Block[]): Promise<void>;
  close(): Promise<void>;
}

/** With it a write returns when its bytes are on the disk; a platform that lacks it takes a second call for that. */
const synced: number | undefined = constants.O_DSYNC;
const magic = Buffer.from('FCSPOOL1');
const idBytes = 16;
const startBytes = magic.length + idBytes;

/** Creates a segment file; its name in the folder is on the disk when this returns. */
export async function createSegment(path: string, folder: string): Promise<OpenSegment> {
  const id = randomBytes(idBytes);
  const file = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (synced ?? 0));
  const content: SegmentContent = { id: id.toString('hex'), lanes: [], bytes: startBytes, tornBytes: 0 };
  try {
    await writeFully(file, [magic, id], 0);
    await syncFolder(folder);
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  const shapes: Shape[] = [];

  return {
    path,
    content,
    async append(blocks) {
      const knownShapes = shapes.length;
      const encoded = blocks.map((block) => encode(block, shapes));
      const pieces = encoded.flatMap((each) => each.pieces);
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      try {
        await writeFully(file, pieces, content.bytes);
        if (synced === undefined) await file.datasync();
      } catch (error) {
        shapes.length = knownShapes;
        // Should this fail too, the end has no checksum that holds, and is cut by whoever reads the file.
        await file.truncate(content.bytes).catch(() => {});
        throw error;
      }
      content.bytes += length;
      for (const { id: shape, block } of encoded) addRows(content.lanes, shape, shapes[shape]!, block.bytes, block);
    },
    close: () => file.close(),
  };
}

/** Reads a segment file up to the first frame that is not whole. */
export async function readSegment(path: string): Promise<SegmentContent> {
  const file = await readFile(path);
  if (file.length < startBytes || !file.subarray(0, magic.length).equals(magic)) {
    return { id: '', lanes: [], bytes: 0, tornBytes: file.length };
  }
  const content: SegmentContent = {
    id: file.toString('hex', magic.length, startBytes),
    lanes: [],
    bytes: startBytes,
    tornBytes: 0,
  };
  const shapes = new Map<number, Shape>();
  const breather = createBreather();
  for (;;) {
    const decoded = decodeFrame(file, content.bytes);
    if (decoded === undefined) break;
    const { frame, next } = decoded;
    if (frame.kind === 'shape') shapes.set(frame.id, frame.shape);
    else addRows(content.lanes, frame.id, shapes.get(frame.id)!, frame.bytes, frame);
    content.bytes = next;
    if (breather.isDue()) await breather.now();
  }
  content.tornBytes = file.length - content.bytes;
  return content;
}

interface Encoded {
  id: number;
  block: Block;
  pieces: Buffer[];
}

function encode(block: Block, shapes: Shape[]): Encoded {
  const { table, columns, widths } = block;
  let id = shapes.findIndex((each) => each.table === table && each.columns === columns && each.widths === widths);
  if (id !== -1) return { id, block, pieces: encodeBlock(id, block) };
  id = shapes.push({ table, columns, ...(widths && { widths }) }) - 1;
  return { id, block, pieces: [...encodeShape(id, shapes[id]!), ...encodeBlock(id, block)] };
}

function addRows(
  lanes: Lane[],
  id: number,
  shape: Shape,
  bytes: Buffer,
  { rows, keys }: { rows: number; keys: Uint32Array },
): void {
  let lane = lanes.find((each) => each.id === id);
  if (lane === undefined) {
    lane = { id, shape, chunks: [], keys: [], rows: 0 };
    lanes.push(lane);
  }
  lane.chunks.push(bytes);
  if (keys.length > 0) lane.keys.push(keys);
  lane.rows += rows;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
