import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.GrantType;
import com.nimbusds.oauth2.sdk.PushedAuthorizationRequest;
import com.nimbusds.oauth2.sdk.PushedAuthorizationResponse;
import com.nimbusds.oauth2.sdk.ResponseMode;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.client.ClientDeleteRequest;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.jarm.JARMValidator;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.AuthenticationResponse;
import com.nimbusds.openid.connect.sdk.AuthenticationResponseParser;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.rp.ApplicationType;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientInformation;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientRegistrationRequest;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientRegistrationResponseParser;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.Date;
import java.util.Set;
import java.util.UUID;

/** Nimbus OAuth 2.0 SDK: a registered client that pushes signed requests and takes signed answers. */
public final class Flows {
    static final URI CALLBACK = URI.create("http://127.0.0.1:3999/callback");
    static final URI SIGNED_OUT = URI.create("http://127.0.0.1:3999/signed-out");
    static final BufferedReader LINES = new BufferedReader(new InputStreamReader(System.in));

    final OIDCProviderMetadata provider;
    final ECKey key;
    OIDCClientInformation client;

    Flows(OIDCProviderMetadata provider, ECKey key) {
        this.provider = provider;
        this.key = key;
    }

    public static void main(String[] args) throws Exception {
        var provider = OIDCProviderMetadata.resolve(new Issuer(System.getenv("ISSUER")));
        passed("discovery");
        var flows = new Flows(provider, new ECKeyGenerator(Curve.P_256).keyID("k").keyUse(KeyUse.SIGNATURE).algorithm(JWSAlgorithm.ES256).generate());
        flows.register();
        flows.signInAndOut();
        flows.remove();
    }

    /** visit has a person open an address, and returns the one at which they came back. */
    static URI visit(URI address) throws Exception {
        System.out.println("visit " + address);
        return URI.create(LINES.readLine());
    }

    static void passed(String flow) {
        System.out.println("passed " + flow);
    }

    static void must(String what, boolean holds) {
        if (!holds) {
            throw new IllegalStateException("it does not hold that " + what);
        }
    }

    void register() throws Exception {
        var metadata = new OIDCClientMetadata();
        metadata.setName("Nimbus");
        metadata.setApplicationType(ApplicationType.NATIVE);
        metadata.setRedirectionURI(CALLBACK);
        metadata.setPostLogoutRedirectionURIs(Set.of(SIGNED_OUT));
        metadata.setGrantTypes(Set.of(GrantType.AUTHORIZATION_CODE));
        metadata.setTokenEndpointAuthMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT);
        metadata.setJWKSet(new JWKSet(key.toPublicJWK()));
        metadata.setIDTokenJWSAlg(JWSAlgorithm.ES256);
        metadata.setAuthorizationJWSAlg(JWSAlgorithm.ES256);
        metadata.setRequestObjectJWSAlg(JWSAlgorithm.ES256);
        var answer = OIDCClientRegistrationResponseParser.parse(
                new OIDCClientRegistrationRequest(provider.getRegistrationEndpointURI(), metadata, null).toHTTPRequest().send());
        must("it is registered: " + answer.toHTTPResponse().getBody(), answer.indicatesSuccess());
        client = ((com.nimbusds.openid.connect.sdk.rp.OIDCClientInformationResponse) answer).getOIDCClientInformation();
        passed("dynamic registration");
    }

    PrivateKeyJWT proof() throws Exception {
        return new PrivateKeyJWT(client.getID(), provider.getTokenEndpointURI(), JWSAlgorithm.ES256, key.toECPrivateKey(), "k", null);
    }

    /** sign makes a request object of a request (RFC 9101 section 4). */
    JWT sign(AuthenticationRequest request) throws Exception {
        var now = System.currentTimeMillis();
        var claims = new JWTClaimsSet.Builder(request.toJWTClaimsSet())
                .issuer(client.getID().getValue())
                .audience(provider.getIssuer().getValue())
                .jwtID(UUID.randomUUID().toString())
                .notBeforeTime(new Date(now))
                .expirationTime(new Date(now + 60_000))
                .build();
        var header = new JWSHeader.Builder(JWSAlgorithm.ES256).type(new JOSEObjectType("oauth-authz-req+jwt")).keyID("k").build();
        var signed = new SignedJWT(header, claims);
        signed.sign(new ECDSASigner(key));
        return signed;
    }

    void signInAndOut() throws Exception {
        var verifier = new CodeVerifier();
        var state = new State();
        var nonce = new Nonce();
        var request = new AuthenticationRequest.Builder(new ResponseType("code"), new Scope("openid", "profile"), client.getID(), CALLBACK)
                .state(state).nonce(nonce).codeChallenge(verifier, CodeChallengeMethod.S256).responseMode(ResponseMode.JWT).build();
        var came = visit(push(request));
        passed("pushed request object");

        var answer = AuthenticationResponseParser.parse(came, JARMValidator.create(provider, client));
        must("the answer is a code: " + came, answer.indicatesSuccess());
        must("the state is the one that was sent", state.equals(answer.getState()));
        passed("signed response");

        var tokens = redeem(answer, verifier);
        passed("private_key_jwt");
        var idToken = tokens.getOIDCTokens().getIDToken();
        var claims = IDTokenValidator.create(provider, client).validate(idToken, nonce);

        var userinfo = UserInfoResponse.parse(
                new UserInfoRequest(provider.getUserInfoEndpointURI(), tokens.getOIDCTokens().getAccessToken()).toHTTPRequest().send());
        var info = userinfo.toSuccessResponse().getUserInfo();
        must("userinfo is of the same person", info.getSubject().equals(claims.getSubject()) && info.getName().equals("Ada Lovelace"));
        passed("userinfo");

        var left = visit(new LogoutRequest(provider.getEndSessionEndpointURI(), idToken, SIGNED_OUT, state).toURI());
        must("the person came back with the state", left.equals(URI.create(SIGNED_OUT + "?state=" + state)));
        passed("logout");
    }

    URI push(AuthenticationRequest request) throws Exception {
        var object = new AuthenticationRequest.Builder(sign(request), client.getID()).build();
        var pushed = PushedAuthorizationResponse.parse(
                new PushedAuthorizationRequest(provider.getPushedAuthorizationRequestEndpointURI(), proof(), object).toHTTPRequest().send());
        must("it is taken: " + pushed.toHTTPResponse().getBody(), pushed.indicatesSuccess());
        return new AuthenticationRequest.Builder(pushed.toSuccessResponse().getRequestURI(), client.getID())
                .endpointURI(provider.getAuthorizationEndpointURI()).build().toURI();
    }

    OIDCTokenResponse redeem(AuthenticationResponse answer, CodeVerifier verifier) throws Exception {
        AuthorizationCode code = answer.toSuccessResponse().getAuthorizationCode();
        var request = new TokenRequest(provider.getTokenEndpointURI(), proof(), new AuthorizationCodeGrant(code, CALLBACK, verifier), null);
        var tokens = OIDCTokenResponseParser.parse(request.toHTTPRequest().send());
        must("there are tokens: " + tokens.toHTTPResponse().getBody(), tokens.indicatesSuccess());
        return (OIDCTokenResponse) tokens.toSuccessResponse();
    }

    void remove() throws Exception {
        var answer = new ClientDeleteRequest(client.getRegistrationURI(), client.getRegistrationAccessToken()).toHTTPRequest().send();
        must("the record is gone", answer.getStatusCode() == 204);
        passed("registration removed");
    }
}
