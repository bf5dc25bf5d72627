import { Logger } from '@nestjs/common';

/** Naming a message with its fields costs more than handing it over, so it is done only where somebody reads it. */
export function announce(logger: Logger, line: () => string, fields: () => object): void {
  if (Logger.isLevelEnabled('debug')) logger.debug(line(), fields());
}
