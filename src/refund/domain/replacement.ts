import { type RefundState } from './refund.state.js';

export type OpenRefund = Pick<RefundState, 'id' | 'status' | 'amount'>;

/**
 * Which of our refunds a refund takes the place of that somebody made in the gateway's dashboard.
 *
 * First of those that have failed and that it covers: it is what people do about them. Then, while the payment has no
 * room for it, of any that the gateway has not made: it would refuse them for their amount, and whatever they were to
 * pay beyond it is asked for again. Undefined while only one could make room that is on its way: it must end first.
 */
export function replacedBy(
  amount: number,
  room: number,
  open: readonly OpenRefund[],
): readonly OpenRefund[] | undefined {
  const replaced: OpenRefund[] = [];
  let [uncovered, missing] = [amount, amount - room];
  const replace = (refund: OpenRefund) => {
    replaced.push(refund);
    uncovered -= refund.amount;
    missing -= refund.amount;
  };
  for (const refund of open) if (refund.status === 'failed' && refund.amount <= uncovered) replace(refund);
  for (const refund of open) if (missing > 0 && isIdle(refund) && !replaced.includes(refund)) replace(refund);
  const isWaited = missing > 0 && open.some(({ status }) => status === 'processing');
  return isWaited ? undefined : replaced;
}

const isIdle = ({ status }: OpenRefund): boolean => status === 'failed' || status === 'requested';
