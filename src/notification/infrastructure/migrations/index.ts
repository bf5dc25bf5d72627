import type { MigrationInterface } from 'typeorm';

export const notificationMigrations: readonly (new () => MigrationInterface)[] = [];
