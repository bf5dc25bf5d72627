import { expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { startMessagingApp } from '../../support/messaging-app.js';

@Injectable()
class Job {
  @Interval('job', 60_000)
  run(): void {}
}

it("leaves an application's jobs to its own ScheduleModule, whatever its options are", async () => {
  const imports = [ScheduleModule.forRoot({ cronJobs: false })];
  const { app, close } = await startMessagingApp({ imports, providers: [Job] });
  const registries = app.get(SchedulerRegistry, { strict: false, each: true }) as unknown as SchedulerRegistry[];
  expect(registries.map((registry) => registry.getIntervals())).toEqual([['job']]);
  await close();
});
