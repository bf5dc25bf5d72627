import { createHmac } from 'node:crypto';
import type { Book, SandboxEvent } from './book.js';
import type { Faults } from './faults.js';
import { newId } from './objects.js';

export interface WebhookReceiver {
  /** Asked at each delivery; undefined while nobody listens yet. */
  readonly url: () => string | undefined;
  readonly secret: string;
}

/** Milliseconds between attempts; the last one repeats. Stripe takes hours; nobody waits that long for a sandbox. */
const RETRY_AFTER = [100, 200, 500, 1_000, 2_000, 5_000];
const DELIVERY_TIMEOUT_MS = 10_000;

/** Delivers each event until the receiver takes it; what a killed process left undelivered, the next one delivers. */
export class Webhooks {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #closed = new AbortController();

  constructor(
    private readonly book: Book,
    private readonly faults: Faults,
    private readonly receiver: WebhookReceiver,
  ) {}

  deliverPending(): void {
    for (const { event, done } of this.book.all('deliveries')) if (!done) this.schedule(event, 0);
  }

  emit(type: string, object: object): void {
    const { fault, delayMs = 0 } = this.faults.take('webhook') ?? {};
    const id = newId('evt');
    const created = Math.floor(Date.now() / 1000);
    const event: SandboxEvent = { id, object: 'event', type, created, data: { object } };
    const { done } = this.book.put('deliveries', id, { event, done: fault === 'dropped' });
    if (done) return;
    const isLate = fault === 'reordered' || fault === 'shuffled';
    const copies = fault === 'duplicated' || fault === 'shuffled' ? 2 : 1;
    for (let i = 0; i < copies; i++) this.schedule(event, 0, isLate ? Math.random() * delayMs : 0);
  }

  close(): void {
    this.#closed.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  private schedule(event: SandboxEvent, attempt: number, delayMs = 0): void {
    const wait = attempt === 0 ? delayMs : (RETRY_AFTER[attempt - 1] ?? RETRY_AFTER.at(-1));
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.deliver(event, attempt);
    }, wait);
    this.#timers.add(timer);
  }

  private async deliver(event: SandboxEvent, attempt: number): Promise<void> {
    const accepted = await this.post(event).catch(() => false);
    if (this.#closed.signal.aborted) return;
    if (accepted) this.book.put('deliveries', event.id, { event, done: true });
    else this.schedule(event, attempt + 1);
  }

  private async post(event: SandboxEvent): Promise<boolean> {
    const url = this.receiver.url();
    if (url === undefined) return false;
    const body = JSON.stringify(event);
    const headers = { 'content-type': 'application/json', 'stripe-signature': this.sign(body) };
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]);
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    await response.body?.cancel();
    return response.ok;
  }

  /** https://docs.stripe.com/webhooks#verify-manually */
  private sign(body: string): string {
    const time = Math.floor(Date.now() / 1000);
    const hash = createHmac('sha256', this.receiver.secret).update(`${time}.${body}`).digest('hex');
    return `t=${time},v1=${hash}`;
  }
}
