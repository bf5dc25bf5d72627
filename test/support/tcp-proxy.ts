import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A simple query `COMMIT` as it travels, and the answer to it. */
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0');
const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0');

/**
 * What to do to a connection over which something comes: lose it before PostgreSQL has seen it, or lose the answer
 * after PostgreSQL has given it.
 */
interface Cut {
  readonly on: Buffer;
  /** Undefined: nothing is forwarded. */
  readonly answer?: Buffer;
}

/** Stands between an application and PostgreSQL, and breaks connections at the moments that matter. */
export class TcpProxy {
  static async to(target: string): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, new URL(target));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  readonly #sockets = new Set<Socket>();
  #cuts: Cut[] = [];
  #refusing = false;
  #refuseWhenDone = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client) => this.forward(client));
  }

  /** The target's address, by way of this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** PostgreSQL carries the next COMMIT out, but its answer is lost. */
  loseAnswerToCommit(): void {
    this.#cuts.push({ on: COMMIT, answer: COMMITTED });
  }

  /** The next COMMIT is lost, together with what was sent in one flight with it. */
  loseCommit(): void {
    this.#cuts.push({ on: COMMIT });
  }

  /** The next message that contains `text` is lost. */
  loseQuery(text: string): void {
    this.#cuts.push({ on: Buffer.from(text) });
  }

  /** Breaks all connections, and accepts no other until `recover`. */
  refuse(): void {
    this.#refusing = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As `refuse`, once the cuts that were asked for have happened. */
  refuseAfterwards(): void {
    this.#refuseWhenDone = true;
  }

  recover(): void {
    this.#refusing = this.#refuseWhenDone = false;
  }

  /** Whether every cut that was asked for has happened. */
  get done(): boolean {
    return this.#cuts.length === 0;
  }

  async close(): Promise<void> {
    this.refuse();
    this.server.close();
    await once(this.server, 'close');
  }

  private forward(client: Socket): void {
    const server = connect(Number(this.target.port || 5432), this.target.hostname);
    const end = () => [client, server].forEach((socket) => socket.destroy());
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true).on('error', end).on('close', end);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    if (this.#refusing) return end();
    let answer = (chunk: Buffer): unknown => client.write(chunk);
    server.on('data', (chunk) => answer(chunk));
    client.on('data', (chunk) => {
      const cut = this.take(chunk);
      const cutNow = () => {
        end();
        if (this.#refuseWhenDone) this.refuse();
      };
      if (cut && !cut.answer) return cutNow();
      if (cut) answer = (answered) => answered.includes(cut.answer!) && cutNow();
      return server.write(chunk);
    });
  }

  private take(chunk: Buffer): Cut | undefined {
    const cut = this.#cuts.find(({ on }) => chunk.includes(on));
    this.#cuts = this.#cuts.filter((other) => other !== cut);
    return cut;
  }
}
