import { once } from 'node:events';
import { Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';

/** A client between two requests sends the next one within this time, and learns that it is the last. */
const LAST_CALL_MS = 100;

/**
 * Lets clients go at a shutdown instead of cutting them off: whoever is connected gets the answer to the request that is
 * on its way, and is told that it is the last one of this connection.
 */
export class DrainingAdapter extends FastifyAdapter {
  /** Connections over which nothing has come yet, such as browsers open ahead. Node waits for them as for busy ones. */
  readonly #silent = new Set<Socket>();
  #draining = false;
  #everybodyLeft: Promise<unknown> = Promise.resolve();

  constructor(options: FastifyServerOptions) {
    super(options);
    this.instance.addHook('onSend', async (_, reply) => {
      if (this.#draining) reply.header('Connection', 'close');
    });
    this.instance.server
      .on('connection', (socket) => {
        this.#silent.add(socket);
        socket.once('close', () => this.#silent.delete(socket));
      })
      .on('request', ({ socket }) => this.#silent.delete(socket));
  }

  /** The first step of a shutdown, before the messages are drained. */
  override beforeClose(): void {
    super.beforeClose();
    this.#draining = true;
    this.#everybodyLeft = once(this.getHttpServer(), 'close');
    // The listener alone: the close() of an HTTP server ends idle connections too, on which a request may be under way.
    const stopListening = () => Server.prototype.close.call(this.getHttpServer());
    // Whoever has connected by now is accepted first; with the listener the kernel would reset them.
    setImmediate(stopListening);
  }

  /** The last one: ends the connections over which nothing comes any more. */
  override async close(): Promise<void> {
    await Promise.race([this.#everybodyLeft, pause(LAST_CALL_MS)]);
    for (const socket of this.#silent) socket.destroy();
    await super.close();
  }
}
