import { CreateRefund1764000003000 } from './1764000003000-create-refund.js';
import { RefundFailures1764000003100 } from './1764000003100-refund-failures.js';
import { StaffAndGatewayDecide1764000003200 } from './1764000003200-staff-and-gateway-decide.js';

export const refundMigrations = [
  CreateRefund1764000003000,
  RefundFailures1764000003100,
  StaffAndGatewayDecide1764000003200,
];
