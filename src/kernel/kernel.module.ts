import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock.js';
import { Ids, UuidIds } from './ids.js';

/** Time and ids for every module. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: Ids, useClass: UuidIds },
  ],
  exports: [Clock, Ids],
})
export class KernelModule {}
