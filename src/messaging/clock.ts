/** The time that retries and delays are reckoned in; tests put a clock of their own in its place. Leases use PostgreSQL's. */
export class MessagingClock {
  now(): Date {
    return new Date();
  }
}
