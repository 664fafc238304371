import { testRecorded } from '../../builtins/testing.ts';

testRecorded('json-schema-validate');
