import { expect, test } from 'vitest';
import { MoveOrders } from './move-orders.ts';

const move = (index: number, to = 'b') => ({ nodeId: `n${index}`, from: 'a', to });
const list = (count: number) => Array.from({ length: count }, (_, index) => move(index));

test('no moves ask for nothing and wake nobody', () => {
  expect(new MoveOrders().choose([], 0)).toEqual({ orders: [], nextAt: null });
});

test('homes are told by hub and target', () => {
  const { orders, nextAt } = new MoveOrders().choose([move(0), move(1, 'c'), move(2)], 1000);
  expect(orders).toEqual([
    { from: 'a', to: 'b', nodeIds: ['n0', 'n2'] },
    { from: 'a', to: 'c', nodeIds: ['n1'] },
  ]);
  expect(nextAt).toBe(61_000);
});

test('fifty at once, the rest in the next round', () => {
  const orders = new MoveOrders();
  const first = orders.choose(list(80), 0);
  expect(first.orders[0]?.nodeIds).toHaveLength(50);
  expect(first.nextAt).toBe(0);
  const second = orders.choose(list(80), 10_000);
  expect(second.orders[0]?.nodeIds).toHaveLength(30);
  expect(second.orders[0]?.nodeIds[0]).toBe('n50');
  expect(second.nextAt).toBe(60_000);
});

test('a home that was told and did not go is told again each minute, ten times in all', () => {
  const orders = new MoveOrders();
  let told = 0;
  let last: number | null = null;
  for (let minute = 0; minute < 20; minute++) {
    const round = orders.choose([move(0)], minute * 60_000);
    told += round.orders.length;
    last = round.nextAt;
    expect(orders.choose([move(0)], minute * 60_000 + 1000).orders).toEqual([]);
  }
  expect(told).toBe(10);
  expect(last).toBeNull();
});

test('another target, or a move that was made in between, begins anew', () => {
  const orders = new MoveOrders();
  orders.choose([move(0)], 0);
  expect(orders.choose([move(0, 'c')], 1000).orders).toHaveLength(1);
  orders.choose([], 2000);
  expect(orders.choose([move(0, 'c')], 3000).orders).toHaveLength(1);
});
