import type { ValueTransformer } from 'typeorm';

/** pg reads bigint as a string; our amounts are safe integers, as money is checked to be. */
export const minorUnits: ValueTransformer = {
  to: (amount: number) => amount,
  from: (amount: string) => Number(amount),
};
