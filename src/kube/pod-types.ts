/**
 * The fields of v1.Pod and of every type below it as Go declares them: JSON name, `?` for omitempty,
 * `0` for omitzero, and the type: `*` pointer, `[]` slice, `{}` map from string, `(v1.X)` the name of
 * a named map or slice, `string:v1.X` a named string. `ProbeHandler.httpGet` is a field of a struct
 * inlined under that name.
 * Source: k8s.io/api v0.35.2 core/v1/types.go, k8s.io/apimachinery v0.35.2 pkg/apis/meta/v1/types.go.
 */
export const POD_TYPES: Readonly<Record<string, string>> = {
  'v1.AWSElasticBlockStoreVolumeSource': `
    volumeID string, fsType? string, partition? int32, readOnly? bool
  `,
  'v1.Affinity': `
    nodeAffinity? *v1.NodeAffinity, podAffinity? *v1.PodAffinity, podAntiAffinity?
    *v1.PodAntiAffinity
  `,
  'v1.AppArmorProfile': 'type string:v1.AppArmorProfileType, localhostProfile? *string',
  'v1.AzureDiskVolumeSource': `
    diskName string, diskURI string, cachingMode? *string:v1.AzureDataDiskCachingMode, fsType?
    *string, readOnly? *bool, kind? *string:v1.AzureDataDiskKind
  `,
  'v1.AzureFileVolumeSource': 'secretName string, shareName string, readOnly? bool',
  'v1.CSIVolumeSource': `
    driver string, readOnly? *bool, fsType? *string, volumeAttributes? {}string,
    nodePublishSecretRef? *v1.LocalObjectReference
  `,
  'v1.Capabilities': 'add? []string:v1.Capability, drop? []string:v1.Capability',
  'v1.CephFSVolumeSource': `
    monitors []string, path? string, user? string, secretFile? string, secretRef?
    *v1.LocalObjectReference, readOnly? bool
  `,
  'v1.CinderVolumeSource': `
    volumeID string, fsType? string, readOnly? bool, secretRef? *v1.LocalObjectReference
  `,
  'v1.ClusterTrustBundleProjection': `
    name? *string, signerName? *string, labelSelector? *v1.LabelSelector, optional? *bool, path
    string
  `,
  'v1.ConfigMapEnvSource': 'LocalObjectReference.name? string, optional? *bool',
  'v1.ConfigMapKeySelector': 'LocalObjectReference.name? string, key string, optional? *bool',
  'v1.ConfigMapProjection': `
    LocalObjectReference.name? string, items? []v1.KeyToPath, optional? *bool
  `,
  'v1.ConfigMapVolumeSource': `
    LocalObjectReference.name? string, items? []v1.KeyToPath, defaultMode? *int32, optional? *bool
  `,
  'v1.Container': `
    name string, image? string, command? []string, args? []string, workingDir? string, ports?
    []v1.ContainerPort, envFrom? []v1.EnvFromSource, env? []v1.EnvVar, resources?
    v1.ResourceRequirements, resizePolicy? []v1.ContainerResizePolicy, restartPolicy?
    *string:v1.ContainerRestartPolicy, restartPolicyRules? []v1.ContainerRestartRule,
    volumeMounts? []v1.VolumeMount, volumeDevices? []v1.VolumeDevice, livenessProbe? *v1.Probe,
    readinessProbe? *v1.Probe, startupProbe? *v1.Probe, lifecycle? *v1.Lifecycle,
    terminationMessagePath? string, terminationMessagePolicy? string:v1.TerminationMessagePolicy,
    imagePullPolicy? string:v1.PullPolicy, securityContext? *v1.SecurityContext, stdin? bool,
    stdinOnce? bool, tty? bool
  `,
  'v1.ContainerExtendedResourceRequest': `
    containerName string, resourceName string, requestName string
  `,
  'v1.ContainerPort': `
    name? string, hostPort? int32, containerPort int32, protocol? string:v1.Protocol, hostIP?
    string
  `,
  'v1.ContainerResizePolicy': `
    resourceName string:v1.ResourceName, restartPolicy string:v1.ResourceResizeRestartPolicy
  `,
  'v1.ContainerRestartRule': `
    action? string:v1.ContainerRestartRuleAction, exitCodes? *v1.ContainerRestartRuleOnExitCodes
  `,
  'v1.ContainerRestartRuleOnExitCodes': `
    operator? string:v1.ContainerRestartRuleOnExitCodesOperator, values? []int32
  `,
  'v1.ContainerState': `
    waiting? *v1.ContainerStateWaiting, running? *v1.ContainerStateRunning, terminated?
    *v1.ContainerStateTerminated
  `,
  'v1.ContainerStateRunning': 'startedAt? Time',
  'v1.ContainerStateTerminated': `
    exitCode int32, signal? int32, reason? string, message? string, startedAt? Time, finishedAt?
    Time, containerID? string
  `,
  'v1.ContainerStateWaiting': 'reason? string, message? string',
  'v1.ContainerStatus': `
    name string, state? v1.ContainerState, lastState? v1.ContainerState, ready bool, restartCount
    int32, image string, imageID string, containerID? string, started? *bool, allocatedResources?
    (v1.ResourceList){}Quantity, resources? *v1.ResourceRequirements, volumeMounts?
    []v1.VolumeMountStatus, user? *v1.ContainerUser, allocatedResourcesStatus?
    []v1.ResourceStatus, stopSignal? *string:v1.Signal
  `,
  'v1.ContainerUser': 'linux? *v1.LinuxContainerUser',
  'v1.DownwardAPIProjection': 'items? []v1.DownwardAPIVolumeFile',
  'v1.DownwardAPIVolumeFile': `
    path string, fieldRef? *v1.ObjectFieldSelector, resourceFieldRef? *v1.ResourceFieldSelector,
    mode? *int32
  `,
  'v1.DownwardAPIVolumeSource': 'items? []v1.DownwardAPIVolumeFile, defaultMode? *int32',
  'v1.EmptyDirVolumeSource': 'medium? string:v1.StorageMedium, sizeLimit? *Quantity',
  'v1.EnvFromSource': `
    prefix? string, configMapRef? *v1.ConfigMapEnvSource, secretRef? *v1.SecretEnvSource
  `,
  'v1.EnvVar': 'name string, value? string, valueFrom? *v1.EnvVarSource',
  'v1.EnvVarSource': `
    fieldRef? *v1.ObjectFieldSelector, resourceFieldRef? *v1.ResourceFieldSelector,
    configMapKeyRef? *v1.ConfigMapKeySelector, secretKeyRef? *v1.SecretKeySelector, fileKeyRef?
    *v1.FileKeySelector
  `,
  'v1.EphemeralContainer': `
    EphemeralContainerCommon.name string, EphemeralContainerCommon.image? string,
    EphemeralContainerCommon.command? []string, EphemeralContainerCommon.args? []string,
    EphemeralContainerCommon.workingDir? string, EphemeralContainerCommon.ports?
    []v1.ContainerPort, EphemeralContainerCommon.envFrom? []v1.EnvFromSource,
    EphemeralContainerCommon.env? []v1.EnvVar, EphemeralContainerCommon.resources?
    v1.ResourceRequirements, EphemeralContainerCommon.resizePolicy? []v1.ContainerResizePolicy,
    EphemeralContainerCommon.restartPolicy? *string:v1.ContainerRestartPolicy,
    EphemeralContainerCommon.restartPolicyRules? []v1.ContainerRestartRule,
    EphemeralContainerCommon.volumeMounts? []v1.VolumeMount,
    EphemeralContainerCommon.volumeDevices? []v1.VolumeDevice,
    EphemeralContainerCommon.livenessProbe? *v1.Probe, EphemeralContainerCommon.readinessProbe?
    *v1.Probe, EphemeralContainerCommon.startupProbe? *v1.Probe,
    EphemeralContainerCommon.lifecycle? *v1.Lifecycle,
    EphemeralContainerCommon.terminationMessagePath? string,
    EphemeralContainerCommon.terminationMessagePolicy? string:v1.TerminationMessagePolicy,
    EphemeralContainerCommon.imagePullPolicy? string:v1.PullPolicy,
    EphemeralContainerCommon.securityContext? *v1.SecurityContext, EphemeralContainerCommon.stdin?
    bool, EphemeralContainerCommon.stdinOnce? bool, EphemeralContainerCommon.tty? bool,
    targetContainerName? string
  `,
  'v1.EphemeralVolumeSource': 'volumeClaimTemplate? *v1.PersistentVolumeClaimTemplate',
  'v1.ExecAction': 'command? []string',
  'v1.FCVolumeSource': `
    targetWWNs? []string, lun? *int32, fsType? string, readOnly? bool, wwids? []string
  `,
  'v1.FileKeySelector': 'volumeName string, path string, key string, optional? *bool',
  'v1.FlexVolumeSource': `
    driver string, fsType? string, secretRef? *v1.LocalObjectReference, readOnly? bool, options?
    {}string
  `,
  'v1.FlockerVolumeSource': 'datasetName? string, datasetUUID? string',
  'v1.GCEPersistentDiskVolumeSource': `
    pdName string, fsType? string, partition? int32, readOnly? bool
  `,
  'v1.GRPCAction': 'port int32, service *string',
  'v1.GitRepoVolumeSource': 'repository string, revision? string, directory? string',
  'v1.GlusterfsVolumeSource': 'endpoints string, path string, readOnly? bool',
  'v1.HTTPGetAction': `
    path? string, port IntOrString, host? string, scheme? string:v1.URIScheme, httpHeaders?
    []v1.HTTPHeader
  `,
  'v1.HTTPHeader': 'name string, value string',
  'v1.HostAlias': 'ip string, hostnames? []string',
  'v1.HostIP': 'ip string',
  'v1.HostPathVolumeSource': 'path string, type? *string:v1.HostPathType',
  'v1.ISCSIVolumeSource': `
    targetPortal string, iqn string, lun int32, iscsiInterface? string, fsType? string, readOnly?
    bool, portals? []string, chapAuthDiscovery? bool, chapAuthSession? bool, secretRef?
    *v1.LocalObjectReference, initiatorName? *string
  `,
  'v1.ImageVolumeSource': 'reference? string, pullPolicy? string:v1.PullPolicy',
  'v1.KeyToPath': 'key string, path string, mode? *int32',
  'v1.LabelSelector': 'matchLabels? {}string, matchExpressions? []v1.LabelSelectorRequirement',
  'v1.LabelSelectorRequirement': `
    key string, operator string:v1.LabelSelectorOperator, values? []string
  `,
  'v1.Lifecycle': `
    postStart? *v1.LifecycleHandler, preStop? *v1.LifecycleHandler, stopSignal? *string:v1.Signal
  `,
  'v1.LifecycleHandler': `
    exec? *v1.ExecAction, httpGet? *v1.HTTPGetAction, tcpSocket? *v1.TCPSocketAction, sleep?
    *v1.SleepAction
  `,
  'v1.LinuxContainerUser': 'uid int64, gid int64, supplementalGroups? []int64',
  'v1.LocalObjectReference': 'name? string',
  'v1.ManagedFieldsEntry': `
    manager? string, operation? string:v1.ManagedFieldsOperationType, apiVersion? string, time?
    *Time, fieldsType? string, fieldsV1? *FieldsV1, subresource? string
  `,
  'v1.NFSVolumeSource': 'server string, path string, readOnly? bool',
  'v1.NodeAffinity': `
    requiredDuringSchedulingIgnoredDuringExecution? *v1.NodeSelector,
    preferredDuringSchedulingIgnoredDuringExecution? []v1.PreferredSchedulingTerm
  `,
  'v1.NodeSelector': 'nodeSelectorTerms []v1.NodeSelectorTerm',
  'v1.NodeSelectorRequirement': `
    key string, operator string:v1.NodeSelectorOperator, values? []string
  `,
  'v1.NodeSelectorTerm': `
    matchExpressions? []v1.NodeSelectorRequirement, matchFields? []v1.NodeSelectorRequirement
  `,
  'v1.ObjectFieldSelector': 'apiVersion? string, fieldPath string',
  'v1.ObjectMeta': `
    name? string, generateName? string, namespace? string, selfLink? string, uid?
    string:types.UID, resourceVersion? string, generation? int64, creationTimestamp0 Time,
    deletionTimestamp? *Time, deletionGracePeriodSeconds? *int64, labels? {}string, annotations?
    {}string, ownerReferences? []v1.OwnerReference, finalizers? []string, managedFields?
    []v1.ManagedFieldsEntry
  `,
  'v1.OwnerReference': `
    apiVersion string, kind string, name string, uid string:types.UID, controller? *bool,
    blockOwnerDeletion? *bool
  `,
  'v1.PersistentVolumeClaimSpec': `
    accessModes? []string:v1.PersistentVolumeAccessMode, selector? *v1.LabelSelector, resources?
    v1.VolumeResourceRequirements, volumeName? string, storageClassName? *string, volumeMode?
    *string:v1.PersistentVolumeMode, dataSource? *v1.TypedLocalObjectReference, dataSourceRef?
    *v1.TypedObjectReference, volumeAttributesClassName? *string
  `,
  'v1.PersistentVolumeClaimTemplate': `
    metadata? v1.ObjectMeta, spec v1.PersistentVolumeClaimSpec
  `,
  'v1.PersistentVolumeClaimVolumeSource': 'claimName string, readOnly? bool',
  'v1.PhotonPersistentDiskVolumeSource': 'pdID string, fsType? string',
  'v1.Pod': `
    TypeMeta.kind? string, TypeMeta.apiVersion? string, metadata? v1.ObjectMeta, spec? v1.PodSpec, status?
    v1.PodStatus
  `,
  'v1.PodAffinity': `
    requiredDuringSchedulingIgnoredDuringExecution? []v1.PodAffinityTerm,
    preferredDuringSchedulingIgnoredDuringExecution? []v1.WeightedPodAffinityTerm
  `,
  'v1.PodAffinityTerm': `
    labelSelector? *v1.LabelSelector, namespaces? []string, topologyKey string, namespaceSelector?
    *v1.LabelSelector, matchLabelKeys? []string, mismatchLabelKeys? []string
  `,
  'v1.PodAntiAffinity': `
    requiredDuringSchedulingIgnoredDuringExecution? []v1.PodAffinityTerm,
    preferredDuringSchedulingIgnoredDuringExecution? []v1.WeightedPodAffinityTerm
  `,
  'v1.PodCertificateProjection': `
    signerName? string, keyType? string, maxExpirationSeconds? *int32, credentialBundlePath?
    string, keyPath? string, certificateChainPath? string, userAnnotations? {}string
  `,
  'v1.PodCondition': `
    type string:v1.PodConditionType, observedGeneration? int64, status string:v1.ConditionStatus,
    lastProbeTime? Time, lastTransitionTime? Time, reason? string, message? string
  `,
  'v1.PodDNSConfig': `
    nameservers? []string, searches? []string, options? []v1.PodDNSConfigOption
  `,
  'v1.PodDNSConfigOption': 'name? string, value? *string',
  'v1.PodExtendedResourceClaimStatus': `
    requestMappings []v1.ContainerExtendedResourceRequest, resourceClaimName string
  `,
  'v1.PodIP': 'ip string',
  'v1.PodOS': 'name string:v1.OSName',
  'v1.PodReadinessGate': 'conditionType string:v1.PodConditionType',
  'v1.PodResourceClaim': `
    name string, resourceClaimName? *string, resourceClaimTemplateName? *string
  `,
  'v1.PodResourceClaimStatus': 'name string, resourceClaimName? *string',
  'v1.PodSchedulingGate': 'name string',
  'v1.PodSecurityContext': `
    seLinuxOptions? *v1.SELinuxOptions, windowsOptions? *v1.WindowsSecurityContextOptions,
    runAsUser? *int64, runAsGroup? *int64, runAsNonRoot? *bool, supplementalGroups? []int64,
    supplementalGroupsPolicy? *string:v1.SupplementalGroupsPolicy, fsGroup? *int64, sysctls?
    []v1.Sysctl, fsGroupChangePolicy? *string:v1.PodFSGroupChangePolicy, seccompProfile?
    *v1.SeccompProfile, appArmorProfile? *v1.AppArmorProfile, seLinuxChangePolicy?
    *string:v1.PodSELinuxChangePolicy
  `,
  'v1.PodSpec': `
    volumes? []v1.Volume, initContainers? []v1.Container, containers []v1.Container,
    ephemeralContainers? []v1.EphemeralContainer, restartPolicy? string:v1.RestartPolicy,
    terminationGracePeriodSeconds? *int64, activeDeadlineSeconds? *int64, dnsPolicy?
    string:v1.DNSPolicy, nodeSelector? {}string, serviceAccountName? string, serviceAccount?
    string, automountServiceAccountToken? *bool, nodeName? string, hostNetwork? bool, hostPID?
    bool, hostIPC? bool, shareProcessNamespace? *bool, securityContext? *v1.PodSecurityContext,
    imagePullSecrets? []v1.LocalObjectReference, hostname? string, subdomain? string, affinity?
    *v1.Affinity, schedulerName? string, tolerations? []v1.Toleration, hostAliases?
    []v1.HostAlias, priorityClassName? string, priority? *int32, dnsConfig? *v1.PodDNSConfig,
    readinessGates? []v1.PodReadinessGate, runtimeClassName? *string, enableServiceLinks? *bool,
    preemptionPolicy? *string:v1.PreemptionPolicy, overhead? (v1.ResourceList){}Quantity,
    topologySpreadConstraints? []v1.TopologySpreadConstraint, setHostnameAsFQDN? *bool, os?
    *v1.PodOS, hostUsers? *bool, schedulingGates? []v1.PodSchedulingGate, resourceClaims?
    []v1.PodResourceClaim, resources? *v1.ResourceRequirements, hostnameOverride? *string,
    workloadRef? *v1.WorkloadReference
  `,
  'v1.PodStatus': `
    observedGeneration? int64, phase? string:v1.PodPhase, conditions? []v1.PodCondition, message?
    string, reason? string, nominatedNodeName? string, hostIP? string, hostIPs? []v1.HostIP,
    podIP? string, podIPs? []v1.PodIP, startTime? *Time, initContainerStatuses?
    []v1.ContainerStatus, containerStatuses? []v1.ContainerStatus, qosClass?
    string:v1.PodQOSClass, ephemeralContainerStatuses? []v1.ContainerStatus, resize?
    string:v1.PodResizeStatus, resourceClaimStatuses? []v1.PodResourceClaimStatus,
    extendedResourceClaimStatus? *v1.PodExtendedResourceClaimStatus, allocatedResources?
    (v1.ResourceList){}Quantity, resources? *v1.ResourceRequirements
  `,
  'v1.PortworxVolumeSource': 'volumeID string, fsType? string, readOnly? bool',
  'v1.PreferredSchedulingTerm': 'weight int32, preference v1.NodeSelectorTerm',
  'v1.Probe': `
    ProbeHandler.exec? *v1.ExecAction, ProbeHandler.httpGet? *v1.HTTPGetAction,
    ProbeHandler.tcpSocket? *v1.TCPSocketAction, ProbeHandler.grpc? *v1.GRPCAction,
    initialDelaySeconds? int32, timeoutSeconds? int32, periodSeconds? int32, successThreshold?
    int32, failureThreshold? int32, terminationGracePeriodSeconds? *int64
  `,
  'v1.ProjectedVolumeSource': 'sources []v1.VolumeProjection, defaultMode? *int32',
  'v1.QuobyteVolumeSource': `
    registry string, volume string, readOnly? bool, user? string, group? string, tenant? string
  `,
  'v1.RBDVolumeSource': `
    monitors []string, image string, fsType? string, pool? string, user? string, keyring? string,
    secretRef? *v1.LocalObjectReference, readOnly? bool
  `,
  'v1.ResourceClaim': 'name string, request? string',
  'v1.ResourceFieldSelector': 'containerName? string, resource string, divisor? Quantity',
  'v1.ResourceHealth': 'resourceID string:v1.ResourceID, health? string:v1.ResourceHealthStatus',
  'v1.ResourceRequirements': `
    limits? (v1.ResourceList){}Quantity, requests? (v1.ResourceList){}Quantity, claims?
    []v1.ResourceClaim
  `,
  'v1.ResourceStatus': 'name string:v1.ResourceName, resources? []v1.ResourceHealth',
  'v1.SELinuxOptions': 'user? string, role? string, type? string, level? string',
  'v1.ScaleIOVolumeSource': `
    gateway string, system string, secretRef *v1.LocalObjectReference, sslEnabled? bool,
    protectionDomain? string, storagePool? string, storageMode? string, volumeName? string,
    fsType? string, readOnly? bool
  `,
  'v1.SeccompProfile': 'type string:v1.SeccompProfileType, localhostProfile? *string',
  'v1.SecretEnvSource': 'LocalObjectReference.name? string, optional? *bool',
  'v1.SecretKeySelector': 'LocalObjectReference.name? string, key string, optional? *bool',
  'v1.SecretProjection': `
    LocalObjectReference.name? string, items? []v1.KeyToPath, optional? *bool
  `,
  'v1.SecretVolumeSource': `
    secretName? string, items? []v1.KeyToPath, defaultMode? *int32, optional? *bool
  `,
  'v1.SecurityContext': `
    capabilities? *v1.Capabilities, privileged? *bool, seLinuxOptions? *v1.SELinuxOptions,
    windowsOptions? *v1.WindowsSecurityContextOptions, runAsUser? *int64, runAsGroup? *int64,
    runAsNonRoot? *bool, readOnlyRootFilesystem? *bool, allowPrivilegeEscalation? *bool,
    procMount? *string:v1.ProcMountType, seccompProfile? *v1.SeccompProfile, appArmorProfile?
    *v1.AppArmorProfile
  `,
  'v1.ServiceAccountTokenProjection': 'audience? string, expirationSeconds? *int64, path string',
  'v1.SleepAction': 'seconds int64',
  'v1.StorageOSVolumeSource': `
    volumeName? string, volumeNamespace? string, fsType? string, readOnly? bool, secretRef?
    *v1.LocalObjectReference
  `,
  'v1.Sysctl': 'name string, value string',
  'v1.TCPSocketAction': 'port IntOrString, host? string',
  'v1.Toleration': `
    key? string, operator? string:v1.TolerationOperator, value? string, effect?
    string:v1.TaintEffect, tolerationSeconds? *int64
  `,
  'v1.TopologySpreadConstraint': `
    maxSkew int32, topologyKey string, whenUnsatisfiable string:v1.UnsatisfiableConstraintAction,
    labelSelector? *v1.LabelSelector, minDomains? *int32, nodeAffinityPolicy?
    *string:v1.NodeInclusionPolicy, nodeTaintsPolicy? *string:v1.NodeInclusionPolicy,
    matchLabelKeys? []string
  `,
  'v1.TypedLocalObjectReference': 'apiGroup *string, kind string, name string',
  'v1.TypedObjectReference': 'apiGroup *string, kind string, name string, namespace? *string',
  'v1.Volume': `
    name string, VolumeSource.hostPath? *v1.HostPathVolumeSource, VolumeSource.emptyDir?
    *v1.EmptyDirVolumeSource, VolumeSource.gcePersistentDisk? *v1.GCEPersistentDiskVolumeSource,
    VolumeSource.awsElasticBlockStore? *v1.AWSElasticBlockStoreVolumeSource, VolumeSource.gitRepo?
    *v1.GitRepoVolumeSource, VolumeSource.secret? *v1.SecretVolumeSource, VolumeSource.nfs?
    *v1.NFSVolumeSource, VolumeSource.iscsi? *v1.ISCSIVolumeSource, VolumeSource.glusterfs?
    *v1.GlusterfsVolumeSource, VolumeSource.persistentVolumeClaim?
    *v1.PersistentVolumeClaimVolumeSource, VolumeSource.rbd? *v1.RBDVolumeSource,
    VolumeSource.flexVolume? *v1.FlexVolumeSource, VolumeSource.cinder? *v1.CinderVolumeSource,
    VolumeSource.cephfs? *v1.CephFSVolumeSource, VolumeSource.flocker? *v1.FlockerVolumeSource,
    VolumeSource.downwardAPI? *v1.DownwardAPIVolumeSource, VolumeSource.fc? *v1.FCVolumeSource,
    VolumeSource.azureFile? *v1.AzureFileVolumeSource, VolumeSource.configMap?
    *v1.ConfigMapVolumeSource, VolumeSource.vsphereVolume? *v1.VsphereVirtualDiskVolumeSource,
    VolumeSource.quobyte? *v1.QuobyteVolumeSource, VolumeSource.azureDisk?
    *v1.AzureDiskVolumeSource, VolumeSource.photonPersistentDisk?
    *v1.PhotonPersistentDiskVolumeSource, VolumeSource.projected? *v1.ProjectedVolumeSource,
    VolumeSource.portworxVolume? *v1.PortworxVolumeSource, VolumeSource.scaleIO?
    *v1.ScaleIOVolumeSource, VolumeSource.storageos? *v1.StorageOSVolumeSource, VolumeSource.csi?
    *v1.CSIVolumeSource, VolumeSource.ephemeral? *v1.EphemeralVolumeSource, VolumeSource.image?
    *v1.ImageVolumeSource
  `,
  'v1.VolumeDevice': 'name string, devicePath string',
  'v1.VolumeMount': `
    name string, readOnly? bool, recursiveReadOnly? *string:v1.RecursiveReadOnlyMode, mountPath
    string, subPath? string, mountPropagation? *string:v1.MountPropagationMode, subPathExpr?
    string
  `,
  'v1.VolumeMountStatus': `
    name string, mountPath string, readOnly? bool, recursiveReadOnly?
    *string:v1.RecursiveReadOnlyMode
  `,
  'v1.VolumeProjection': `
    secret? *v1.SecretProjection, downwardAPI? *v1.DownwardAPIProjection, configMap?
    *v1.ConfigMapProjection, serviceAccountToken? *v1.ServiceAccountTokenProjection,
    clusterTrustBundle? *v1.ClusterTrustBundleProjection, podCertificate?
    *v1.PodCertificateProjection
  `,
  'v1.VolumeResourceRequirements': `
    limits? (v1.ResourceList){}Quantity, requests? (v1.ResourceList){}Quantity
  `,
  'v1.VsphereVirtualDiskVolumeSource': `
    volumePath string, fsType? string, storagePolicyName? string, storagePolicyID? string
  `,
  'v1.WeightedPodAffinityTerm': 'weight int32, podAffinityTerm v1.PodAffinityTerm',
  'v1.WindowsSecurityContextOptions': `
    gmsaCredentialSpecName? *string, gmsaCredentialSpec? *string, runAsUserName? *string,
    hostProcess? *bool
  `,
  'v1.WorkloadReference': 'name string, podGroup string, podGroupReplicaKey? string',
};
