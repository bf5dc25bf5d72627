import type { MigrationInterface } from 'typeorm';

export const customerMigrations: readonly (new () => MigrationInterface)[] = [];
