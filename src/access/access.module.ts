import { Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { Callers } from './callers.js';
import { DefaultDeny } from './default-deny.js';

@Module({
  imports: [DiscoveryModule],
  providers: [Callers, DefaultDeny, { provide: APP_GUARD, useClass: AccessGuard }],
})
export class AccessModule {}
