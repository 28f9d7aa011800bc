import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { AllowedMethods } from './allowed-methods.ts';

const admin = new Hono();
admin.use(async (_c, next) => next());
admin.get('/nodes/:id', (c) => c.text('one'));
admin.delete('/nodes/:id', (c) => c.text('gone'));
const app = new Hono();
app.use(async (_c, next) => next());
app.post('/v1/chat/completions', (c) => c.text('chat'));
app.get('/v1/models/:id{.+}', (c) => c.text('model'));
app.route('/admin/v1', admin);

test.each([
  ['/v1/chat/completions', ['POST']],
  ['/v1/models/org/name', ['GET']],
  ['/admin/v1/nodes/node_1', ['DELETE', 'GET']],
  ['/admin/v1/nodes', []],
  ['/v1/nothing', []],
  ['/', []],
])('%s answers to %j', (path, methods) => {
  expect(new AllowedMethods(app.routes).find(path)).toEqual(methods);
});
