import { CreateRefund1764000003000 } from './1764000003000-create-refund.js';

export const refundMigrations = [CreateRefund1764000003000];
