// What a hub looks at in the events that it relays: that they are whole, and what they hold in memory. Pure.

const DATA_PREFIX = [0x64, 0x61, 0x74, 0x61, 0x3a, 0x20];

/** True when the bytes start like an event and end like one: what lies between is the home's to answer for. */
export function isWholeEvents(events: Uint8Array): boolean {
  const { length } = events;
  return (
    length > 8 &&
    events[length - 1] === 0x0a &&
    events[length - 2] === 0x0a &&
    DATA_PREFIX.every((byte, i) => events[i] === byte)
  );
}

/** The events without the message they came in, where that is much larger: what is kept must not hold it in memory. */
export function detach(events: Uint8Array): Uint8Array {
  return events.buffer.byteLength > 2 * events.length + 4096 ? events.slice() : events;
}
