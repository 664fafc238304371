import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Sources are upstream files and releases that a reader can open; our working notes are not in the tree. */
const sources = {
  rules: {
    'no-private-notes': {
      meta: { type: 'problem', schema: [] },
      create: (context) => ({
        Program() {
          const notes =
            /(?<![\w/-])(?:kata-agent|peer-pods|kubernetes|pod-security|guest-security|rego|users-and-conventions)\.md\b/;
          for (const comment of context.sourceCode.getAllComments()) {
            if (!notes.test(comment.value)) continue;
            const message =
              'Cite the upstream file and release, not a note that is not in the tree.';
            context.report({ loc: comment.loc, message });
          }
        },
      }),
    },
  },
};

export default defineConfig(
  {
    ignores: [
      'dist/',
      '.cache/',
      'coverage/',
      'testbed/**/out/',
      'testbed/**/target/',
      '**/testdata/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.js', '**/*.mjs', '**/*.cjs'],
    plugins: { sources },
    rules: { 'sources/no-private-notes': 'error' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers in messages read better as `${n}` than as `${String(n)}`.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Index signatures are read with brackets: noPropertyAccessFromIndexSignature asks for it.
      '@typescript-eslint/dot-notation': 'off',
      // Lexers and wire code read "until done" with `while (true)`.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      'no-control-regex': 'off',
      'no-constant-condition': ['error', { checkLoops: 'none' }],
      // node:process and friends are imported, so that a file lists what it touches.
      'no-restricted-globals': [
        'error',
        { name: 'process', message: "Import it from 'node:process'." },
      ],
    },
  },
  {
    // Configuration is parsed once, in cli: nobody else reads the environment or prints.
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**', '**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:process',
              message: 'Only cli reads the process; take what you need as an argument.',
            },
            {
              name: 'process',
              message: 'Only cli reads the process; take what you need as an argument.',
            },
          ],
        },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', module: 'writable', URL: 'readonly' },
    },
    rules: { 'no-restricted-globals': 'off' },
  },
);
