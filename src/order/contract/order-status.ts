export const orderStatuses = ['placed', 'awaiting_payment', 'preparing', 'shipped', 'delivered', 'canceled'] as const;
export type OrderStatus = (typeof orderStatuses)[number];
