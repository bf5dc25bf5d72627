import { PortFile } from './port-file.js';
import { SandboxGateway } from './sandbox-gateway.js';
import type { WebhookReceiver } from './webhooks.js';

export interface SharedSandboxOptions {
  /** Of this file the book is kept; the port in another one beside it. */
  readonly bookFile: string;
  readonly receiver: WebhookReceiver;
}

/** How soon another instance takes the sandbox over; calls in between find nobody, as they may find of any gateway. */
const TAKE_OVER_MS = 250;
const IDENTIFY_TIMEOUT_MS = 1_000;
/** A neighbour that stops, or starts at the same moment, costs one. */
const JOIN_ATTEMPTS = 20;

/**
 * One sandbox for all instances of an installation, inside one of them. The port is the lock: who has it keeps the
 * book, and when it is gone another takes port and book over. The operating system frees it after a kill -9 too.
 */
export class SharedSandbox {
  readonly #portFile: PortFile;
  #port = 0;
  #gateway: SandboxGateway | undefined;
  #closed = false;
  #watch: NodeJS.Timeout | undefined;

  private constructor(private readonly options: SharedSandboxOptions) {
    this.#portFile = new PortFile(options.bookFile.replace(/\.\w+$/, '.port'));
  }

  /** Starts the sandbox, or finds the one that another instance runs. */
  static async join(options: SharedSandboxOptions): Promise<SharedSandbox> {
    const sandbox = new SharedSandbox(options);
    for (let attempt = 0; attempt < JOIN_ATTEMPTS; attempt++) if (await sandbox.tryToJoin()) return sandbox;
    throw new Error(`The sandbox gateway can't start: no agreement on its port beside ${options.bookFile}`);
  }

  /** Stays the same when another instance takes over. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#watch);
    await this.#gateway?.close();
  }

  private async tryToJoin(): Promise<boolean> {
    const port = this.#portFile.read();
    if (port === undefined) return this.open();
    this.#port = port;
    if (await this.takeOver()) return true;
    const neighbour = await this.identify();
    if (neighbour === 'sandbox') this.watch();
    // Another program got the port after a restart of the machine.
    if (neighbour === 'stranger') this.#portFile.forget();
    return neighbour === 'sandbox';
  }

  private async open(): Promise<boolean> {
    const gateway = await SandboxGateway.listen({ ...this.options, port: 0 });
    if (this.#portFile.claim(gateway.port)) {
      this.#gateway = gateway;
      this.#port = gateway.port;
      return true;
    }
    await gateway.close();
    return false;
  }

  private async takeOver(): Promise<boolean> {
    try {
      this.#gateway = await SandboxGateway.listen({ ...this.options, port: this.#port });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
      throw error;
    }
  }

  private async identify(): Promise<'sandbox' | 'stranger' | 'nobody'> {
    try {
      const response = await fetch(`${this.url}/sandbox`, { signal: AbortSignal.timeout(IDENTIFY_TIMEOUT_MS) });
      const { bookFile } = (await response.json()) as { bookFile?: string };
      return bookFile === this.options.bookFile ? 'sandbox' : 'stranger';
    } catch (error) {
      return error instanceof TypeError ? 'nobody' : 'stranger';
    }
  }

  private watch(): void {
    this.#watch = setTimeout(() => {
      void this.takeOver().then(async (taken) => {
        if (!taken && !this.#closed) this.watch();
        if (taken && this.#closed) await this.#gateway?.close();
      });
    }, TAKE_OVER_MS).unref();
  }
}
