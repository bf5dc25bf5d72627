import Core from './core.mjs';

/** The same application, whose handler takes ten events at a time, as pg-boss's workers do. */
export default class CoreOfTen extends Core {
  /** @param {string} use what it is measured at */
  constructor(databaseUrl, use) {
    super(databaseUrl, use, { schema: 'core_of_ten', batch: 10 });
  }
}
