import { testRecorded } from './testing.ts';

testRecorded('json-paths');
