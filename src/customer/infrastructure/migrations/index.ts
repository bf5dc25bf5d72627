import { CreateCustomer1764000004000 } from './1764000004000-create-customer.js';

export const customerMigrations = [CreateCustomer1764000004000];
