import type { MailContent } from './notification.state.js';

interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

/** What each template for customers is given, besides `firstName`. Amounts and instants are written out. */
export interface CustomerMails {
  'order-received': {
    readonly orderId: string;
    readonly lines: readonly (OrderLine & { readonly lineTotal: string })[];
    readonly total: string;
    /** Null where nothing is to pay. */
    readonly paymentDueAt: string | null;
  };
  'payment-receipt': { readonly orderId: string; readonly total: string; readonly paidAt: string };
  'order-canceled': {
    readonly orderId: string;
    readonly reason: string;
    readonly lines: readonly OrderLine[];
    /** Something else of the order stays open. */
    readonly isPartial: boolean;
  };
  'order-shipped': { readonly orderId: string; readonly carrier: string; readonly trackingNumber: string };
  /** `eta` is a day (`YYYY-MM-DD`); null when all is in the warehouse. */
  'delivery-date-changed': { readonly orderId: string; readonly sku: string; readonly eta: string | null };
  backordered: OrderLine & { readonly orderId: string };
  'refund-completed': { readonly orderId: string; readonly amount: string };
  'refund-delayed': { readonly orderId: string; readonly amount: string };
  'vip-congratulation': object;
}

/** What each template for staff is given. */
export interface StaffMails {
  'out-of-stock': {
    readonly sku: string;
    readonly orderId: string;
    readonly requested: number;
    readonly available: number;
  };
  'refund-attention': {
    readonly about: 'refund' | 'unmatched payment' | 'dispute';
    readonly id: string;
    readonly orderId: string | null;
    readonly amount: string;
    readonly reason: string;
  };
  'stock-cut': OrderLine & { readonly orderId: string };
}

export type CustomerTemplate = keyof CustomerMails;
export type StaffTemplate = keyof StaffMails;
export type TemplateName = CustomerTemplate | StaffTemplate;

export const templateNames = [
  'order-received',
  'payment-receipt',
  'order-canceled',
  'order-shipped',
  'delivery-date-changed',
  'backordered',
  'refund-completed',
  'refund-delayed',
  'vip-congratulation',
  'out-of-stock',
  'refund-attention',
  'stock-cut',
] as const satisfies readonly TemplateName[];

export type TemplateData = {
  [T in CustomerTemplate]: CustomerMails[T] & { readonly firstName: string };
} & StaffMails;

export abstract class Templates {
  /** Throws where the template uses what it is not given. */
  abstract render(template: TemplateName, data: object): MailContent;
}
