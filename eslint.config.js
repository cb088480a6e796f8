import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * The rooms as a failing build. Each row: the files, and everything that they may import; `./x` is a neighbour in
 * the same room. `types` may be imported as types only, so no room depends on another at run time.
 */
const ROOMS = [
  {
    files: ['src/protocol/**'],
    may: ['./[\\w-]+', '../(errors|limits|name-bytes)', 'node:buffer', 'node:net'],
  },
  { files: ['src/download/**'], may: ['./[\\w-]+', '../(errors|limits)'] },
  {
    files: ['src/disk/**'],
    may: ['./[\\w-]+', '../(errors|limits|name-bytes)', 'node:(fs|fs/promises|os|path|crypto|util)'],
  },
  {
    files: ['src/terminal/**'],
    may: [
      './[\\w-]+',
      '../(errors|limits)',
      'node:(readline|stream|events|tty)',
      'chalk',
      'cli-table3',
      'string-width',
    ],
    types: ['../events'],
  },
  { files: ['src/{clock,errors,limits,name-bytes,complaints,in-order}.ts'], may: ['./limits'] },
  {
    files: ['src/news.ts'],
    may: ['./(complaints|limits)'],
    types: ['./(errors|events|neighbours)', './protocol/[\\w-]+'],
  },
  { files: ['src/options.ts'], may: ['commander', './(errors|limits)', './protocol/[\\w-]+'] },
  {
    files: ['src/message-events.ts'],
    may: ['./shown-arguments'],
    types: ['./events', './protocol/[\\w-]+'],
  },
  { files: ['src/file-sink.ts'], may: [], types: ['./download/download-options'] },
  { files: ['src/shown-arguments.ts'], may: ['./limits', './protocol/[\\w-]+'] },
  { files: ['src/neighbours-keeper.ts'], may: ['./errors'], types: ['./events', './protocol/[\\w-]+'] },
  { files: ['src/events.ts'], may: [], types: ['./errors', './protocol/[\\w-]+'] },
  { files: ['src/neighbours.ts'], may: ['./limits'], types: ['./protocol/[\\w-]+'] },
  { files: ['src/handlers.ts'], may: ['./(errors|limits)', './protocol/[\\w-]+'], types: ['./neighbours'] },
  {
    files: ['src/network/**'],
    may: ['./[\\w-]+', '../(errors|limits)', '../protocol/[\\w-]+', 'node:net'],
    types: ['../(events|handlers)'],
  },
  {
    files: ['src/peer.ts'],
    may: ['./(errors|limits|handlers|news|message-events)', './(network|protocol)/[\\w-]+', 'node:net'],
    types: ['./(clock|events|neighbours)'],
  },
  {
    files: ['src/{commands,search-network,fetch-file,transfer,source-digests,late-sources,chunk-of}.ts'],
    may: [
      './(errors|limits|in-order|search-network|fetch-file|transfer|source-digests|late-sources|chunk-of)',
      './(protocol|download)/[\\w-]+',
      'node:events',
    ],
    types: ['./(events|file-sink|handlers|neighbours|peer)'],
  },
];

const only = (allowed) => `^(?!(${allowed.join('|')})(\\.ts)?$)`;

const rooms = ROOMS.map(({ files, may, types = [] }) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: only([...may, ...types]),
            message: 'This room may not know that one (see eslint.config.js).',
          },
          ...(types.length === 0
            ? []
            : [{ regex: `^(${types.join('|')})(\\.ts)?$`, allowTypeImports: true, message: 'Types only.' }]),
        ],
      },
    ],
  },
}));

/** Time and chance stay outside of what must be the same at every run. */
const PURE = ['src/download/**', 'src/protocol/**', 'src/clock.ts', 'src/neighbours.ts', 'src/complaints.ts'];
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
  { files: ['test/demo/**', 'test/bench/**'], rules: { 'no-console': 'off' } },
);
