import type { NeighbourView } from '../../../src/events.ts';

/** Addresses as the events hold them; tests write them as plain strings. */
export type Address = NeighbourView['address'];

export function address(text: string): Address {
  return text as Address;
}

export const A1 = address('127.0.0.1:5001');
export const A2 = address('127.0.0.1:5002');
export const A3 = address('127.0.0.1:5003');
