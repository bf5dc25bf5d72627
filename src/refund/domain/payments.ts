import { type Payment } from './payment.js';
import { type PaymentState } from './payment.state.js';
import { type CapturedPayment } from './settlement.js';

export abstract class Payments {
  abstract add(payment: Payment): Promise<void>;
  abstract get(id: string): Promise<Payment>;
  abstract change<R>(id: string, decide: (payment: Payment) => R | Promise<R>): Promise<R>;
  /** The id of the payment that the gateway calls so; else, of the one that is still without a name and claimed. */
  abstract find(gateway: string, gatewayPaymentId: string, claimedId?: string): Promise<string | undefined>;
  /** Of an order, those that may still be paid. */
  abstract open(orderId: string): Promise<readonly PaymentState[]>;
  /** Locks an order's captured payments; newest capture first. */
  abstract lockCaptured(orderId: string): Promise<readonly CapturedPayment[]>;
}
