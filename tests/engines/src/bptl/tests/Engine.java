package bptl.tests;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * A BPMN engine for tests: REST under /engine-rest/, everything in memory, on the loopback address only. The same source
 * serves both engines; the POM beside each decides which one is inside. It prints "engine ready PORT" when the engine
 * answers; its log goes to stderr.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class Engine {

	public static void main(String[] args) {
		try {
			start(args);
		} catch (Exception failure) {
			failure.printStackTrace();
			System.exit(1);
		}
	}

	private static void start(String[] args) throws Exception {
		PrintStream out = System.out;
		System.setOut(System.err);
		var application = new SpringApplication(Engine.class);
		// Nothing is worth an orderly end, which would wait for every open long poll.
		application.setRegisterShutdownHook(false);
		var context = (ServletWebServerApplicationContext) application.run(args);
		// Beans are made lazily, for a fast start: without being asked for there would be no engine.
		context.getBean("processEngineFactoryBean");
		int port = context.getWebServer().getPort();
		waitForEngine(port, authorizations(context.getEnvironment()));
		out.println("engine ready " + port);
		out.flush();
	}

	/** The list of engines is empty at first, and that is not an error of the engine's. */
	private static void waitForEngine(int port, Set<String> authorizations) throws Exception {
		var client = HttpClient.newHttpClient();
		var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/engine-rest/engine"));
		authorizations.stream().limit(1).forEach(value -> request.header("Authorization", value));
		for (int i = 0; i < 600; i++) {
			var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
			if (answer.statusCode() == 200 && answer.body().contains("\"name\"")) {
				return;
			}
			Thread.sleep(50);
		}
		throw new IllegalStateException("/engine-rest/engine names no engine after 30 seconds");
	}

	/** With --bptl.auth.user and --bptl.auth.password, or --bptl.auth.token, every request needs one of them. */
	@Bean
	Filter authentication(Environment environment) {
		return new Authentication(authorizations(environment));
	}

	private static Set<String> authorizations(Environment environment) {
		var accepted = new HashSet<String>();
		String user = environment.getProperty("bptl.auth.user");
		String token = environment.getProperty("bptl.auth.token");
		if (user != null) {
			String pair = user + ":" + environment.getProperty("bptl.auth.password", "");
			accepted.add("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
		}
		if (token != null) {
			accepted.add("Bearer " + token);
		}
		return accepted;
	}

	private record Authentication(Set<String> accepted) implements Filter {

		@Override
		public void init(FilterConfig config) {}

		@Override
		public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
				throws IOException, ServletException {
			String given = ((HttpServletRequest) request).getHeader("Authorization");
			if (accepted.isEmpty() || accepted.stream().anyMatch(value -> same(value, given))) {
				chain.doFilter(request, response);
			} else {
				((HttpServletResponse) response).setHeader("WWW-Authenticate", "Basic realm=\"default\"");
				((HttpServletResponse) response).sendError(HttpServletResponse.SC_UNAUTHORIZED);
			}
		}

		private static boolean same(String a, String b) {
			return b != null && MessageDigest.isEqual(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
		}
	}
}
