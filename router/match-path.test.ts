import fc from 'fast-check';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { matchPaths } from './match-path.ts';

const admin = new Hono();
admin.use(async (_c, next) => next());
admin.get('/nodes/:id', (c) => c.text('one'));
const app = new Hono();
app.use(async (_c, next) => next());
app.post('/v1/chat/completions', (c) => c.text('chat'));
app.get('/v1/models', (c) => c.text('models'));
app.get('/v1/models/:id{.+}', (c) => c.text('model'));
app.get('/v1/receipts/:jobId', (c) => c.text('receipt'));
app.get('/health', (c) => c.text('ok'));
app.get('/node/v1/why', (c) => c.text('why'));
app.route('/admin/v1', admin);
const match = matchPaths(app.routes);

test.each([
  '//v1/chat/completions',
  '/v1//chat///completions',
  '/v1/chat/completions/',
  '/v1/chat/completions//',
  '/v1/v1/chat/completions',
  '//V1/v1/v1/chat/completions/',
  '/chat/completions',
  '/chat/completions/',
  '/V1/CHAT/Completions',
  '/v1/chat/completions/chat/completions',
  '/v1/chat/completions/v1/chat/completions/',
])('%s means the chat', (path) => {
  expect(match(path)).toBe('/v1/chat/completions');
});

test.each([
  ['/v1/models/', '/v1/models'],
  ['/models', '/v1/models'],
  ['/v1/v1/models//', '/v1/models'],
  ['/v1/Models/Org/Name:8b', '/v1/models/Org/Name:8b'],
  ['/v1//models//Org/Name/', '/v1/models/Org/Name'],
  ['/models/models', '/v1/models/models'],
  ['/v1/v1/receipts/job_1/', '/v1/receipts/job_1'],
  ['/health/', '/health'],
  ['//node/v1/why', '/node/v1/why'],
  ['/Admin/v1//nodes/Node_1', '/admin/v1/nodes/Node_1'],
])('%s means %s', (path, meant) => {
  expect(match(path)).toBe(meant);
});

test.each([
  '/',
  '//',
  '/v1',
  '/v1/',
  '/v1/v1',
  '/v2/models',
  '/v1/completions',
  '/chat',
  '/v1/chat/completions/more',
  '/api/v1/chat/completions',
  '/v1/health',
  '/v1/admin/v1/nodes/x',
  '/admin/nodes/x',
  '/v1/receipts',
])('%s means nothing and stays as it is', (path) => {
  expect(match(path)).toBe(path);
});

test('what is right stays as it is, whatever is asked for', () => {
  const word = fc.stringMatching(/^[\w.:%-]+$/);
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 3 }), (id, more) => {
      const path = ['/v1/models', id, ...more].join('/');
      expect(match(path)).toBe(path);
    }),
  );
});

test('an address that was mended is right', () => {
  const part = fc.constantFrom(
    '/',
    '//',
    'v1',
    'V1',
    'chat',
    'completions',
    'models',
    'receipts',
    'admin',
    'nodes',
    'x',
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const meant = match(`/${parts.join('/')}`);
      expect(match(meant)).toBe(meant);
    }),
  );
});
