import tseslint from 'typescript-eslint';

/** Each folder of sources with the compiler's options that it is checked with. */
const typeChecked = [
  {
    files: ['{apps,libs,test,bench}/**/*.ts'],
    ignores: ['apps/dashboard/**'],
    project: './tsconfig.json',
  },
  { files: ['apps/dashboard/**/*.{ts,tsx}'], ignores: [], project: './apps/dashboard/tsconfig.json' },
];

export default tseslint.config(
  { ignores: ['dist/', '**/node_modules/', 'demo/out/'] },
  ...typeChecked.map(({ files, ignores, project }) => ({
    files,
    ignores,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      // verbatimModuleSyntax checks this, and knows which imports decorators need at run time.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An async function turns a synchronous throw into a rejection, which callers rely on.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off', // Objects here close over their state; none of them uses `this`.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Export by name: a default export is renamed at every import.',
        },
        {
          selector: 'TSEnumDeclaration',
          message: 'Use a const object and a union type: an enum is not the string it is on the wire.',
        },
      ],
    },
  })),
  {
    files: ['**/*.spec.ts'],
    // vitest's matchers, such as expect.stringMatching, have type `any`.
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    // Tests run the libraries with clocks and seeds of their own, so time and randomness are always arguments. (That no
    // library reads settings from the environment is checked in test/style/arrows.spec.ts.)
    files: ['libs/*/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the time as an argument.' },
        { object: 'Math', property: 'random', message: 'Take a seed as an argument.' },
      ],
    },
  },
);
