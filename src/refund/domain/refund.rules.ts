import { type DomainError } from '../../kernel/domain-error.js';
import { RefundInProgress, RefundIsOver } from './errors.js';
import { type RefundState } from './refund.state.js';

/** Says why a person can't do something to a refund, if so. */
export type Rule = (refund: RefundState) => DomainError | undefined;

const { hours, days } = { hours: 3_600_000, days: 86_400_000 };

/** Stripe keeps a key for 24 h; the last one is left to differing clocks and slow calls. */
const KEY_WINDOW_MS = 23 * hours;

/** From here on the same key may mean a second refund. */
export function isKeyOver({ askedAt }: RefundState, now: Date): boolean {
  return askedAt !== null && now.getTime() - askedAt.getTime() > KEY_WINDOW_MS;
}

/** Banks take up to ten working days. */
const PENDING_LIMIT_MS = 14 * days;

export function isStuck({ status, changedAt }: RefundState, now: Date): boolean {
  return status === 'pending' && now.getTime() - changedAt.getTime() > PENDING_LIMIT_MS;
}

const over: Rule = ({ status }) =>
  status === 'succeeded' || status === 'resolved' || status === 'canceled' ? new RefundIsOver(status) : undefined;

/** Over, and nobody has to look. */
const settled: Rule = (refund) => (refund.attention === null ? over(refund) : undefined);

const underWay: Rule = ({ status, attention }) =>
  status !== 'failed' && attention === null ? new RefundInProgress() : undefined;

/** Whatever a person decides of it: the gateway has it and will tell. */
const atTheGateway: Rule = ({ status }) => (status === 'pending' ? new RefundInProgress() : undefined);

/** The gateway may have executed it, or may do so yet. */
const asked: Rule = ({ status }) =>
  status === 'processing' || status === 'pending' ? new RefundInProgress() : undefined;

const notAsked: Rule = ({ status }) => (status === 'requested' ? new RefundInProgress() : undefined);

const closed: Rule = (refund) => (refund.status === 'succeeded' ? undefined : over(refund));

/** The first rule that says no is the error. */
export const retryable: readonly Rule[] = [over, underWay, atTheGateway];
export const checkable: readonly Rule[] = [closed, notAsked];
export const resolvable: readonly Rule[] = [settled, notAsked, underWay];
export const cancelable: readonly Rule[] = [over, asked];

export function enforce(refund: RefundState, rules: readonly Rule[]): void {
  for (const rule of rules) {
    const error = rule(refund);
    if (error) throw error;
  }
}
