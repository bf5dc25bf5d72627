import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands before a server; muted, it lets through what clients say, and nothing of what the server answers. */
export class MutingProxy {
  readonly #sockets = new Set<Socket>();
  #muted = false;

  private constructor(private readonly server: Server) {}

  static async to(target: string): Promise<MutingProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new MutingProxy(server);
    server.on('connection', (client) => proxy.forward(client, connect(Number(port), hostname)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** The target's URL, by way of this proxy. */
  urlOf(target: string): string {
    const url = new URL(target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  mute(): void {
    this.#muted = true;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private forward(client: Socket, server: Socket): void {
    const end = () => [client, server].forEach((socket) => socket.destroy());
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk) => this.#muted || client.write(chunk));
  }
}
