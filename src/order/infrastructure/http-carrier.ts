import { Unrecoverable } from '../../messaging/index.js';
import { Carrier, type ShippingInstruction } from '../domain/carrier.js';

export interface HttpCarrierOptions {
  readonly url: string;
  /** Milliseconds for one call. */
  readonly timeout: number;
}

/** Too early, too many, or in the way of another call: the same one may succeed later. */
const POSTPONED: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** The carrier did not take it now; the queue asks again, no sooner than the carrier wants to be asked. */
export class CarrierUnavailableError extends Error {
  override readonly name = 'CarrierUnavailableError';

  constructor(
    message: string,
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** `PUT {url}/shipping-info/{orderId}`: a carrier's own interface, or a small service before it. */
export class HttpCarrier extends Carrier {
  readonly #url: string;
  readonly #timeout: number;

  constructor({ url, timeout }: HttpCarrierOptions) {
    super();
    this.#url = url.replace(/\/+$/, '');
    this.#timeout = timeout;
  }

  async updateShippingInfo(instruction: ShippingInstruction, signal?: AbortSignal): Promise<void> {
    const response = await this.put(instruction, signal).catch((error: unknown) => {
      throw new CarrierUnavailableError('The carrier does not answer.', undefined, { cause: error });
    });
    if (response.ok) return;
    const { status } = response;
    const message = `The carrier answered ${status} to the shipping info of order ${instruction.orderId}.`;
    if (status >= 300 && status < 500 && !POSTPONED.has(status)) throw new Unrecoverable(message);
    throw new CarrierUnavailableError(message, retryAfterMs(response.headers.get('retry-after')));
  }

  private async put(instruction: ShippingInstruction, signal?: AbortSignal): Promise<Response> {
    const { orderId, shippingInfo, idempotencyKey } = instruction;
    const limit = AbortSignal.timeout(this.#timeout);
    const response = await fetch(`${this.#url}/shipping-info/${encodeURIComponent(orderId)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(shippingInfo),
      // A redirect would carry an address to somewhere that nobody set up.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    // Read to its end, or the connection could not be used again.
    await response.arrayBuffer();
    return response;
  }
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return ms > 0 ? ms : undefined;
}
