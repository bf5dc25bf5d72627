import { AnswerHeader } from '../../kernel/answer-header.js';
import type { OrderView } from '../application/order-view.js';

export const Location = AnswerHeader<OrderView>('Location', ({ id }) => `/v1/orders/${id}`);
export const ETag = AnswerHeader<OrderView>('ETag', ({ version }) => `"${version}"`);
