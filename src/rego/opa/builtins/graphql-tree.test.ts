import { testRecorded } from '../../builtins/testing.ts';

testRecorded('graphql-tree');
