import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * The rooms as a failing build, one row a room: the other rooms, files of the story and packages that it may import.
 * `types` may be imported as types only, so that no room depends on those at run time.
 */
const ROOMS = [
  { room: 'protocol', may: ['errors', 'limits'], packages: ['node:buffer', 'node:net'] },
  {
    room: 'network',
    may: ['errors', 'limits', 'protocol'],
    types: ['events', 'handlers', 'neighbours'],
    packages: ['node:net', 'node:tls', 'node:dns/promises', 'node:events', 'node:timers/promises'],
  },
  {
    room: 'download',
    may: ['errors', 'limits', 'protocol', 'network'],
    types: ['events', 'handlers', 'neighbours', 'peer'],
    packages: ['node:events', 'node:timers/promises'],
  },
  {
    room: 'discovery',
    may: ['limits', 'protocol'],
    types: ['events', 'neighbours', 'peer'],
    packages: ['node:crypto', 'node:events', 'node:os', 'bonjour-service'],
  },
  { room: 'download/engine', may: ['errors', 'limits'] },
  {
    room: 'disk',
    may: ['errors', 'limits', 'protocol'],
    types: ['events', 'handlers', 'download', 'download/engine'],
    packages: [
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:crypto',
      'node:timers/promises',
      'lru-cache',
    ],
  },
  {
    room: 'log',
    may: ['errors', 'limits', 'disk'],
    types: ['events', 'protocol'],
    packages: ['node:fs', 'lru-cache'],
  },
  {
    room: 'terminal',
    may: ['errors', 'limits'],
    types: ['events'],
    packages: [
      'node:module',
      'node:readline',
      'node:stream',
      'node:events',
      'node:tty',
      'chalk',
      'cli-table3',
      'string-width',
    ],
  },
  {
    room: 'diagram',
    may: ['errors', 'limits', 'protocol'],
    types: ['events'],
    packages: [
      'node:crypto',
      'node:events',
      'node:fs',
      'node:fs/promises',
      'node:http',
      'node:net',
      'node:string_decoder',
      'node:timers/promises',
      'node:util',
    ],
  },
  { room: 'manual', may: ['errors', 'diagram'] },
  {
    // The command line of a subcommand is shared with the diagram's room.
    room: 'conformance',
    may: ['errors', 'protocol', 'diagram'],
    types: ['events'],
    packages: ['node:events', 'node:fs/promises', 'node:net', 'node:timers/promises'],
  },
  {
    room: 'batch',
    may: ['errors', 'options', 'program', 'network', 'protocol', 'neighbours', 'peer', 'clock', 'terminal'],
    types: ['events', 'download/engine', 'handlers'],
    packages: ['node:net', 'node:os', 'node:timers/promises', 'commander'],
  },
  {
    room: 'experiment',
    may: [
      'errors',
      'limits',
      'clock',
      'neighbours',
      'peer',
      'protocol',
      'network',
      'download',
      'disk',
      'terminal',
      'diagram',
    ],
    types: ['events', 'handlers', 'download/engine'],
    packages: [
      'node:child_process',
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:module',
      'node:net',
      'node:os',
      'node:path',
      'node:timers/promises',
      'node:url',
      'd3-scale',
      'd3-shape',
    ],
  },
];
const STORY = [
  'eachare',
  'program',
  'options',
  'chave',
  'commands',
  'peer',
  'clock',
  'neighbours',
  'handlers',
  'choosing',
  'uploads',
];
const PLACES = [...STORY, 'events', 'errors', 'limits', ...ROOMS.map(({ room }) => room)];

/** Imports of these places, from whatever depth. */
const from = (places) => `^(\\.\\./)+(${places.join('|')})(/|\\.ts$)`;

const rooms = ROOMS.map(({ room, may, types = [], packages = [] }) => {
  const foreign = PLACES.filter((place) => !room.startsWith(place) && ![...may, ...types].includes(place));
  const message = 'This room may not know that one (see eslint.config.js).';
  return {
    files: [`src/${room}/**`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: from(foreign), message },
            { regex: `^(?!\\.)(?!(${packages.join('|')})$)`, message },
            // A room inside a room does not look at what is around it.
            ...(room.includes('/') ? [{ regex: '^\\.\\./[^.]', message }] : []),
            ...(types.length === 0
              ? []
              : [{ regex: from(types), allowTypeImports: true, message: 'Types only.' }]),
          ],
        },
      ],
    },
  };
});

/** Time and chance stay outside of what must be the same at every run. */
const PURE = ['src/download/engine/**', 'src/protocol/**', 'src/{clock,neighbours}.ts'];
const OUTSIDE_WORLD = ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance', 'process'];

export default defineConfig(
  { ignores: ['dist', 'node_modules', 'coverage'] },
  eslint.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-console': 'error',
      // Names from the wire are searched for control characters on purpose.
      'no-control-regex': 'off',
      eqeqeq: 'error',
    },
  },
  { files: ['eslint.config.js'], extends: [tseslint.configs.disableTypeChecked] },
  rooms,
  { files: PURE, rules: { 'no-restricted-globals': ['error', ...OUTSIDE_WORLD] } },
  {
    files: ['src/**'],
    ignores: ['src/terminal/**', 'src/eachare.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['stdin', 'stdout', 'exit'].map((property) => ({ object: 'process', property })),
        { object: 'Math', property: 'random' },
      ],
    },
  },
  { files: ['test/demo/**', 'test/bench/**', 'test/fuzz/**'], rules: { 'no-console': 'off' } },
);
