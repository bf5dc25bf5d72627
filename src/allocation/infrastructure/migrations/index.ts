import { CreateAllocation1764000001000 } from './1764000001000-create-allocation.js';
import { StockChanges1764000001100 } from './1764000001100-stock-changes.js';

export const allocationMigrations = [CreateAllocation1764000001000, StockChanges1764000001100];
