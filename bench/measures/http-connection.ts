import { connect, type Socket } from 'node:net';

/** One HTTP/1.1 connection that posts one request at a time: little enough code not to be what is measured. */
export interface HttpConnection {
  /** @returns the status of the answer; 0 when the connection failed. */
  post(path: string, body: string): Promise<number>;
  close(): void;
}

/** Opens a connection; after a failure the next post opens it anew. */
export function openHttpConnection({ hostname, port, host }: URL): HttpConnection {
  let socket: Socket | undefined;
  let answer = '';
  let settle: ((status: number) => void) | undefined;

  function finish(status: number): void {
    answer = '';
    const settled = settle;
    settle = undefined;
    settled?.(status);
  }

  function open(): Socket {
    const opened = connect({ host: hostname, port: Number(port), noDelay: true });
    opened.setEncoding('latin1');
    opened.on('data', (text: string) => {
      answer += text;
      const end = answer.indexOf('\r\n\r\n');
      if (end === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(answer.slice(0, end))?.[1] ?? Number.NaN);
      const isWhole = Number.isNaN(length) ? answer.endsWith('\r\n0\r\n\r\n') : answer.length >= end + 4 + length;
      if (isWhole) finish(Number(answer.slice(9, 12)));
    });
    const fail = () => {
      if (socket === opened) socket = undefined;
      finish(0);
    };
    opened.on('error', fail).on('close', fail);
    return opened;
  }

  return {
    post(path, body) {
      return new Promise((resolve) => {
        settle = resolve;
        socket ??= open();
        socket.write(
          `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      });
    },
    close: () => socket?.destroy(),
  };
}
