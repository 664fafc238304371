import { testRecorded } from './testing.ts';

testRecorded('units');
