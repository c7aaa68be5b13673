// Owns: the resource types this package knows, and where the definition of each lies. Does not own: what a
// definition says (made by scripts/make-fhir-definitions.ts).

type JsonModule = Promise<{ readonly default: unknown }>;

/** Each import stands alone, so that a bundler can see it and a client loads the types that it meets and no more. */
export const RESOURCE_TYPES = {
  Account: (): JsonModule => import('../../definitions/Account.json', { with: { type: 'json' } }),
  AdverseEvent: (): JsonModule => import('../../definitions/AdverseEvent.json', { with: { type: 'json' } }),
  AllergyIntolerance: (): JsonModule =>
    import('../../definitions/AllergyIntolerance.json', { with: { type: 'json' } }),
  Appointment: (): JsonModule => import('../../definitions/Appointment.json', { with: { type: 'json' } }),
  AuditEvent: (): JsonModule => import('../../definitions/AuditEvent.json', { with: { type: 'json' } }),
  Basic: (): JsonModule => import('../../definitions/Basic.json', { with: { type: 'json' } }),
  Binary: (): JsonModule => import('../../definitions/Binary.json', { with: { type: 'json' } }),
  BodyStructure: (): JsonModule => import('../../definitions/BodyStructure.json', { with: { type: 'json' } }),
  Bundle: (): JsonModule => import('../../definitions/Bundle.json', { with: { type: 'json' } }),
  CarePlan: (): JsonModule => import('../../definitions/CarePlan.json', { with: { type: 'json' } }),
  CareTeam: (): JsonModule => import('../../definitions/CareTeam.json', { with: { type: 'json' } }),
  Claim: (): JsonModule => import('../../definitions/Claim.json', { with: { type: 'json' } }),
  ClaimResponse: (): JsonModule => import('../../definitions/ClaimResponse.json', { with: { type: 'json' } }),
  ClinicalImpression: (): JsonModule =>
    import('../../definitions/ClinicalImpression.json', { with: { type: 'json' } }),
  Communication: (): JsonModule => import('../../definitions/Communication.json', { with: { type: 'json' } }),
  CommunicationRequest: (): JsonModule =>
    import('../../definitions/CommunicationRequest.json', { with: { type: 'json' } }),
  Composition: (): JsonModule => import('../../definitions/Composition.json', { with: { type: 'json' } }),
  Condition: (): JsonModule => import('../../definitions/Condition.json', { with: { type: 'json' } }),
  Consent: (): JsonModule => import('../../definitions/Consent.json', { with: { type: 'json' } }),
  Coverage: (): JsonModule => import('../../definitions/Coverage.json', { with: { type: 'json' } }),
  DetectedIssue: (): JsonModule => import('../../definitions/DetectedIssue.json', { with: { type: 'json' } }),
  Device: (): JsonModule => import('../../definitions/Device.json', { with: { type: 'json' } }),
  DeviceRequest: (): JsonModule => import('../../definitions/DeviceRequest.json', { with: { type: 'json' } }),
  DeviceUseStatement: (): JsonModule =>
    import('../../definitions/DeviceUseStatement.json', { with: { type: 'json' } }),
  DiagnosticReport: (): JsonModule =>
    import('../../definitions/DiagnosticReport.json', { with: { type: 'json' } }),
  DocumentReference: (): JsonModule =>
    import('../../definitions/DocumentReference.json', { with: { type: 'json' } }),
  Encounter: (): JsonModule => import('../../definitions/Encounter.json', { with: { type: 'json' } }),
  EpisodeOfCare: (): JsonModule => import('../../definitions/EpisodeOfCare.json', { with: { type: 'json' } }),
  ExplanationOfBenefit: (): JsonModule =>
    import('../../definitions/ExplanationOfBenefit.json', { with: { type: 'json' } }),
  FamilyMemberHistory: (): JsonModule =>
    import('../../definitions/FamilyMemberHistory.json', { with: { type: 'json' } }),
  Flag: (): JsonModule => import('../../definitions/Flag.json', { with: { type: 'json' } }),
  Goal: (): JsonModule => import('../../definitions/Goal.json', { with: { type: 'json' } }),
  Group: (): JsonModule => import('../../definitions/Group.json', { with: { type: 'json' } }),
  HealthcareService: (): JsonModule =>
    import('../../definitions/HealthcareService.json', { with: { type: 'json' } }),
  ImagingStudy: (): JsonModule => import('../../definitions/ImagingStudy.json', { with: { type: 'json' } }),
  Immunization: (): JsonModule => import('../../definitions/Immunization.json', { with: { type: 'json' } }),
  ImmunizationEvaluation: (): JsonModule =>
    import('../../definitions/ImmunizationEvaluation.json', { with: { type: 'json' } }),
  ImmunizationRecommendation: (): JsonModule =>
    import('../../definitions/ImmunizationRecommendation.json', { with: { type: 'json' } }),
  List: (): JsonModule => import('../../definitions/List.json', { with: { type: 'json' } }),
  Location: (): JsonModule => import('../../definitions/Location.json', { with: { type: 'json' } }),
  Media: (): JsonModule => import('../../definitions/Media.json', { with: { type: 'json' } }),
  Medication: (): JsonModule => import('../../definitions/Medication.json', { with: { type: 'json' } }),
  MedicationAdministration: (): JsonModule =>
    import('../../definitions/MedicationAdministration.json', { with: { type: 'json' } }),
  MedicationDispense: (): JsonModule =>
    import('../../definitions/MedicationDispense.json', { with: { type: 'json' } }),
  MedicationRequest: (): JsonModule =>
    import('../../definitions/MedicationRequest.json', { with: { type: 'json' } }),
  MedicationStatement: (): JsonModule =>
    import('../../definitions/MedicationStatement.json', { with: { type: 'json' } }),
  NutritionOrder: (): JsonModule =>
    import('../../definitions/NutritionOrder.json', { with: { type: 'json' } }),
  Observation: (): JsonModule => import('../../definitions/Observation.json', { with: { type: 'json' } }),
  OperationOutcome: (): JsonModule =>
    import('../../definitions/OperationOutcome.json', { with: { type: 'json' } }),
  Organization: (): JsonModule => import('../../definitions/Organization.json', { with: { type: 'json' } }),
  Patient: (): JsonModule => import('../../definitions/Patient.json', { with: { type: 'json' } }),
  Person: (): JsonModule => import('../../definitions/Person.json', { with: { type: 'json' } }),
  Practitioner: (): JsonModule => import('../../definitions/Practitioner.json', { with: { type: 'json' } }),
  PractitionerRole: (): JsonModule =>
    import('../../definitions/PractitionerRole.json', { with: { type: 'json' } }),
  Procedure: (): JsonModule => import('../../definitions/Procedure.json', { with: { type: 'json' } }),
  Provenance: (): JsonModule => import('../../definitions/Provenance.json', { with: { type: 'json' } }),
  Questionnaire: (): JsonModule => import('../../definitions/Questionnaire.json', { with: { type: 'json' } }),
  QuestionnaireResponse: (): JsonModule =>
    import('../../definitions/QuestionnaireResponse.json', { with: { type: 'json' } }),
  RelatedPerson: (): JsonModule => import('../../definitions/RelatedPerson.json', { with: { type: 'json' } }),
  RequestGroup: (): JsonModule => import('../../definitions/RequestGroup.json', { with: { type: 'json' } }),
  RiskAssessment: (): JsonModule =>
    import('../../definitions/RiskAssessment.json', { with: { type: 'json' } }),
  ServiceRequest: (): JsonModule =>
    import('../../definitions/ServiceRequest.json', { with: { type: 'json' } }),
  Specimen: (): JsonModule => import('../../definitions/Specimen.json', { with: { type: 'json' } }),
  Substance: (): JsonModule => import('../../definitions/Substance.json', { with: { type: 'json' } }),
  SupplyDelivery: (): JsonModule =>
    import('../../definitions/SupplyDelivery.json', { with: { type: 'json' } }),
  SupplyRequest: (): JsonModule => import('../../definitions/SupplyRequest.json', { with: { type: 'json' } }),
  Task: (): JsonModule => import('../../definitions/Task.json', { with: { type: 'json' } }),
  VisionPrescription: (): JsonModule =>
    import('../../definitions/VisionPrescription.json', { with: { type: 'json' } }),
} as const;

export type ResourceType = keyof typeof RESOURCE_TYPES;

export const isResourceType = (type: string): type is ResourceType => Object.hasOwn(RESOURCE_TYPES, type);
