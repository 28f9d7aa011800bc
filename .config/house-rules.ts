// The order of the rooms and the words that promise a pure file, said once. `npm run lint` holds both (check-house.ts).

export interface Room {
  readonly name: string;
  /** Folders (with a slash at the end) and single files. */
  readonly paths: readonly string[];
}

const SCHEMA: Room = { name: 'schema', paths: ['schema/'] };

/** Both ends of the network, each from its ground up: a room imports itself and what stands below it. */
export const ENDS: Readonly<Record<string, readonly Room[]>> = {
  router: [
    SCHEMA,
    { name: 'log', paths: ['router/log.ts', 'router/log/'] },
    // The chain's room knows of no account and no payment; the settler and the payments both ask it.
    ...['dialects', 'auth', 'placement', 'chain', 'billing', 'payments', 'homes', 'hub', 'area', 'relay'].map(
      folder('router'),
    ),
    // What runs in browsers, and what pages are made of.
    ...['verify-page', 'islands', 'passkeys', 'look'].map(folder('router')),
    { name: 'env, errors', paths: ['router/env.ts', 'router/errors.ts'] },
    ...['services', 'docs', 'routes', 'console'].map(folder('router')),
    {
      name: 'app, objects, worker',
      paths: ['allowed-methods', 'app', 'browser-access', 'match-path', 'objects', 'suggest-path', 'worker'].map(
        (name) => `router/${name}.ts`,
      ),
    },
    // The benches stand above the tests because they use the makers that the tests use.
    ...['local', 'test', 'bench'].map(folder('router')),
  ],
  'node-agent': [
    SCHEMA,
    // Every room tells its owner times and texts.
    {
      name: 'log, words, version',
      paths: ['log', 'fit-text', 'tell-time', 'version'].map((name) => `node-agent/${name}.ts`),
    },
    ...[
      'backends',
      'home',
      'energy',
      'receipts',
      'jobs',
      'link',
      'config',
      // What is read and sent on the chain: only commands load it.
      'chain',
      // The running agent installs an update when no job runs.
      'update',
      'dashboard',
      'agent',
      'join',
      'commands',
    ].map(folder('node-agent')),
    { name: 'main', paths: ['node-agent/main.ts'] },
    folder('node-agent')('test'),
  ],
};

/** Tests and benches of the whole put real homes beside a real router, and may use what either end's own tests use. */
export const MEETS_BOTH = /^(?:router|node-agent)\/(?:test|bench)\//;

function folder(end: string): (name: string) => Room {
  return (name) => ({ name, paths: [`${end}/${name}/`] });
}

const VERBS =
  'align bound build check choose collect compare compute cool count decide decode delay describe draw encode expect explain find fit format guess hash ' +
  'judge learn list make match measure mint open pace parse pick plan price print probe rank read receive refuse render run sample score ' +
  'sign split stream suggest sum summarise tag tally tell to';

/** A file that is called verb-something decides or makes from what it is given, and nothing else: no clock, timer, chance, door or memory. */
export const PURE_FILE = new RegExp(`/(?:${VERBS.split(' ').join('|')})-[a-z0-9-]+\\.tsx?$`);
