import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The rooms as a failing build. Each row: the files, and the import patterns that they may not use.
 * protocol/ and download/ know errors and limits alone; only disk/ touches node:fs; only terminal/ knows
 * the screen; nobody but the front door imports the commands.
 */
const ROOMS = [
  {
    files: ['src/protocol/**'],
    patterns: ['../!(errors|limits)*', '../*/**'],
    nodeModules: ['node:fs', 'node:fs/*', 'node:net', 'node:readline', 'node:timers*'],
  },
  {
    files: ['src/download/**'],
    patterns: ['../!(errors|limits)*', '../*/**'],
    nodeModules: ['node:*'],
  },
  {
    files: ['src/disk/**'],
    patterns: ['../!(errors|limits|events)*', '../terminal/**', '../download/**'],
    nodeModules: ['node:net', 'node:readline'],
  },
  {
    files: ['src/terminal/**'],
    patterns: ['../!(events|limits|errors)*', '../disk/**', '../protocol/**', '../download/**'],
    nodeModules: ['node:fs', 'node:fs/*', 'node:net'],
  },
  {
    files: ['src/{clock,neighbours,errors,limits}.ts'],
    patterns: ['./disk/**', './terminal/**', './download/**', './!(errors|limits)*.ts'],
    nodeModules: ['node:*'],
  },
  {
    files: ['src/handlers.ts', 'src/connection.ts', 'src/peer.ts', 'src/commands.ts'],
    patterns: ['./disk/**', './terminal/**', './eachare*'],
    nodeModules: ['node:fs', 'node:fs/*', 'node:readline'],
  },
  {
    files: ['src/handlers.ts', 'src/connection.ts', 'src/peer.ts'],
    patterns: ['./commands*'],
    nodeModules: [],
  },
];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage'] },
  eslint.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
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
      // Names from the wire are checked for control characters on purpose.
      'no-control-regex': 'off',
      eqeqeq: 'error',
    },
  },
  ...ROOMS.map(({ files, patterns, nodeModules }) => ({
    files,
    rules: { 'no-restricted-imports': ['error', { patterns: [...patterns, ...nodeModules] }] },
  })),
  {
    files: ['src/download/**', 'src/protocol/**', 'src/clock.ts', 'src/neighbours.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'Date',
        'performance',
        'process',
      ],
    },
  },
  {
    files: ['src/!(terminal)/**', 'src/!(eachare).ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'stdout' },
        { object: 'process', property: 'stdin' },
        { object: 'process', property: 'exit' },
        { object: 'Math', property: 'random' },
      ],
    },
  },
  {
    files: ['test/demo/**', 'test/bench/**'],
    rules: { 'no-console': 'off' },
  },
);
