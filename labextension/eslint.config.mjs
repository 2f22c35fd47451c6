import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['lib/', 'node_modules/', 'src/model/openapi.ts'] },
    js.configs.recommended,
    ...tseslint.configs.recommended,
    {
        rules: {
            '@typescript-eslint/no-explicit-any': 'error',
            '@typescript-eslint/explicit-module-boundary-types': 'error',
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
            'no-undef': 'off',
            'max-lines': ['error', 600],
            eqeqeq: 'error',
            curly: 'error'
        }
    },
    { files: ['tests/**'], rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' } }
);
