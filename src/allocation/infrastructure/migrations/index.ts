import { CreateAllocation1764000001000 } from './1764000001000-create-allocation.js';

export const allocationMigrations = [CreateAllocation1764000001000];
