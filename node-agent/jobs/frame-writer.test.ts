import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_MESSAGE_FRAMES } from '../../schema/frames.ts';
import { FrameWriter } from './frame-writer.ts';

class Sink {
  bufferedAmount = 0;
  readonly messages: number[][] = [];
  send(message: Uint8Array): void {
    this.messages.push([...message]);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('FrameWriter', () => {
  test('frames of one turn leave as one message, in order', () => {
    const sink = new Sink();
    const writer = new FrameWriter(sink, () => undefined);
    writer.push(Uint8Array.of(1));
    writer.push(Uint8Array.of(2, 3));
    expect(sink.messages).toEqual([]);
    vi.runAllTimers();
    writer.push(Uint8Array.of(4));
    vi.runAllTimers();
    expect(sink.messages).toEqual([[1, 2, 3], [4]]);
  });

  test('an urgent frame leaves at once behind what was gathered', () => {
    const sink = new Sink();
    const writer = new FrameWriter(sink, () => undefined);
    writer.push(Uint8Array.of(1));
    writer.pushNow(Uint8Array.of(2));
    expect(sink.messages).toEqual([[1, 2]]);
    vi.runAllTimers();
    expect(sink.messages.length).toBe(1);
  });

  test('where messages follow each other closely the next gathers for a millisecond; after a rest one leaves at once', () => {
    const sink = new Sink();
    const writer = new FrameWriter(sink, () => undefined);
    const turn = (): void => void vi.advanceTimersByTime(0);
    for (const frame of [1, 2]) {
      writer.push(Uint8Array.of(frame));
      turn();
    }
    expect(sink.messages).toEqual([[1], [2]]);
    writer.push(Uint8Array.of(3));
    turn();
    writer.push(Uint8Array.of(4));
    turn();
    expect(sink.messages).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sink.messages[2]).toEqual([3, 4]);
    vi.advanceTimersByTime(5);
    writer.push(Uint8Array.of(5));
    turn();
    expect(sink.messages[3]).toEqual([5]);
  });

  test('an urgent frame takes along what gathers', () => {
    const sink = new Sink();
    const writer = new FrameWriter(sink, () => undefined);
    for (const frame of [1, 2]) writer.pushNow(Uint8Array.of(frame));
    writer.push(Uint8Array.of(3));
    vi.advanceTimersByTime(0);
    expect(sink.messages).toHaveLength(2);
    writer.pushNow(Uint8Array.of(4));
    expect(sink.messages[2]).toEqual([3, 4]);
    vi.runAllTimers();
    expect(sink.messages).toHaveLength(3);
  });

  test('many frames of one turn are several messages of bounded size', () => {
    const sink = new Sink();
    const writer = new FrameWriter(sink, () => undefined);
    for (let i = 0; i < 30; i++) writer.push(new Uint8Array(60_000));
    writer.flush();
    expect(sink.messages.length).toBeGreaterThan(1);
    expect(Math.max(...sink.messages.map((message) => message.length))).toBeLessThan(1_000_000);
  });

  test('many small frames of one turn are several messages, each of fewer frames than a hub reads', () => {
    const sink = new Sink();
    const writer = new FrameWriter(sink, () => undefined);
    for (let i = 0; i < 1500; i++) writer.push(Uint8Array.of(1));
    vi.runAllTimers();
    expect(sink.messages.map((message) => message.length)).toEqual([512, 512, 476]);
    expect(512).toBeLessThan(MAX_MESSAGE_FRAMES);
  });

  test('a full socket is said to be full, and to have room again', () => {
    const sink = new Sink();
    const onDrain = vi.fn();
    const writer = new FrameWriter(sink, onDrain);
    expect(writer.isFull).toBe(false);
    sink.bufferedAmount = 2_000_000;
    expect(writer.isFull).toBe(true);
    vi.advanceTimersByTime(50);
    expect(onDrain).not.toHaveBeenCalled();
    sink.bufferedAmount = 0;
    vi.advanceTimersByTime(50);
    expect(onDrain).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('after close nothing is sent and nothing waits', () => {
    const sink = new Sink();
    const writer = new FrameWriter(sink, () => undefined);
    sink.bufferedAmount = 2_000_000;
    writer.push(Uint8Array.of(1));
    expect(writer.isFull).toBe(true);
    writer.close();
    writer.push(Uint8Array.of(2));
    vi.runAllTimers();
    expect(sink.messages).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
