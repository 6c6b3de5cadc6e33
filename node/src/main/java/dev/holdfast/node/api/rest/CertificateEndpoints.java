package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.NodeIdentity;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.replication.wire.TlsIdentity;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.util.Collection;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/** The certificate that the node shows (spec/rest-api.md §6.8). */
final class CertificateEndpoints {

  private static final Shape CERTIFICATE =
      Shape.object(
          Field.text("filename"),
          Field.text("pem"),
          Field.text("fingerprint").meaning("SHA-256"),
          Field.text("subject"),
          Field.text("issuer"),
          Field.integer("notbefore").meaning("seconds since 1970"),
          Field.integer("notafter").meaning("seconds since 1970"),
          Field.text("public-key-type"),
          Field.integer("public-key-bits").orNone(),
          Field.of("san", Value.TEXT.list()).meaning("names and addresses of the subject"));

  private final TlsIdentity identity;

  CertificateEndpoints(TlsIdentity identity) {
    this.identity = identity;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/nodes/{node}/certificates/info",
        new Endpoint(
            Doc.list(
                "Shows the certificate of the node.", CERTIFICATE, "one, with its fingerprint"),
            ParamSchema.of(NodeEndpoints.NODE),
            Rule.any("/system/certificates", Privilege.SYS_MODIFY),
            call -> info()));
  }

  private ApiResult info() throws CertificateParsingException {
    X509Certificate certificate = identity.certificate();
    ArrayNode list = Json.array();
    ObjectNode json =
        list.addObject()
            .put("filename", NodeIdentity.CERTIFICATE_FILE)
            .put("pem", new String(identity.certificatePem(), StandardCharsets.US_ASCII))
            .put("fingerprint", identity.fingerprint().toString())
            .put("subject", text(certificate.getSubjectX500Principal()))
            .put("issuer", text(certificate.getIssuerX500Principal()))
            .put("notbefore", certificate.getNotBefore().toInstant().getEpochSecond())
            .put("notafter", certificate.getNotAfter().toInstant().getEpochSecond());
    key(json, certificate.getPublicKey());
    ArrayNode names = json.putArray("san");
    Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    if (alternatives != null) {
      alternatives.forEach(name -> names.add(String.valueOf(name.get(1))));
    }
    return ApiResult.of(list);
  }

  private static void key(ObjectNode json, PublicKey key) {
    switch (key) {
      case RSAKey rsa ->
          json.put("public-key-type", "rsaEncryption")
              .put("public-key-bits", rsa.getModulus().bitLength());
      case ECKey curve ->
          json.put("public-key-type", "id-ecPublicKey")
              .put("public-key-bits", curve.getParams().getCurve().getField().getFieldSize());
      default -> json.put("public-key-type", key.getAlgorithm());
    }
  }

  /** {@code O = Example, CN = vm}, in the order of the certificate. */
  private static String text(X500Principal name) {
    try {
      List<String> parts =
          new LdapName(name.getName()).getRdns().stream().map(CertificateEndpoints::text).toList();
      return String.join(", ", parts);
    } catch (InvalidNameException e) {
      throw new AssertionError("a parsed certificate has a well-formed name", e);
    }
  }

  private static String text(Rdn part) {
    return part.getType() + " = " + part.getValue();
  }
}
