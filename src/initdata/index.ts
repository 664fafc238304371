/** Door of `initdata`: the document that carries policy and configuration into a pod VM. */
export {
  decodeInitdata,
  decodeInitdataBytes,
  encodeInitdata,
  INITDATA_ANNOTATION,
  INITDATA_ANNOTATION_OLD,
  INITDATA_ANNOTATIONS,
  initdataAnnotationKey,
  otherInitdataAnnotationKey,
  type DecodeInitdataOptions,
} from './annotation.ts';
export { INITDATA_FILES, type FindingSeverity, type InitdataFinding } from './check.ts';
export {
  diagnoseInitdata,
  type DiagnoseOptions,
  type FileFinding,
  type InitdataDiagnosis,
} from './diagnose.ts';
export { diffInitdata, type InitdataDiff, type InitdataKeyChange } from './diff.ts';
export {
  digestBytes,
  digestInitdata,
  INITDATA_PLATFORMS,
  pcr8,
  platformField,
  type InitdataPlatform,
  type PlatformField,
} from './digest.ts';
export { decodeDiskImage, encodeDiskImage, isDiskImage } from './disk-image.ts';
export {
  INITDATA_ALGORITHMS,
  INITDATA_VERSION,
  MAX_INITDATA_BYTES,
  parseInitdata,
  type InitdataAlgorithm,
  type InitdataDocument,
  type InitdataReader,
  type ParseInitdataOptions,
} from './document.ts';
export { DUMMY_INITDATA } from './dummy.ts';
export {
  rvpsConfigMap,
  rvpsValues,
  type RvpsConfigMap,
  type RvpsFormat,
  type RvpsOptions,
} from './rvps.ts';
