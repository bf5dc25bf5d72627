import { CreateRefund1764000003000 } from './1764000003000-create-refund.js';
import { RefundFailures1764000003100 } from './1764000003100-refund-failures.js';

export const refundMigrations = [CreateRefund1764000003000, RefundFailures1764000003100];
