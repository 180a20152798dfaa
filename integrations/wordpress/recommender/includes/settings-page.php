<?php
/**
 * The page Settings > Related articles: the settings, and whether the lists file is usable.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

const PAGE  = 'recommender';
const SPARE = 4; // More entries than cards, for posts that are banned or no longer public.

/**
 * Registers the option, which options.php saves with its nonce and capability.
 */
function register_settings() {
	register_setting(
		PAGE,
		OPTION,
		array(
			'type'              => 'object',
			'default'           => DEFAULTS,
			'sanitize_callback' => __NAMESPACE__ . '\clean_settings',
		)
	);
	add_settings_section( 'list', '', '__return_null', PAGE );
	$fields = array(
		'heading' => __( 'Heading', 'recommender' ),
		'count'   => __( 'Number of articles', 'recommender' ),
		'place'   => __( 'Place', 'recommender' ),
		'types'   => __( 'Post types', 'recommender' ),
	);
	foreach ( $fields as $name => $label ) {
		$for = in_array( $name, array( 'heading', 'count' ), true ) ? array( 'label_for' => "recommender-$name" ) : array();
		add_settings_field( $name, $label, __NAMESPACE__ . "\\print_$name", PAGE, 'list', $for );
	}
}

/**
 * Adds the page to the menu.
 */
function add_settings_page() {
	$title = __( 'Related articles', 'recommender' );
	add_options_page( $title, $title, 'manage_options', PAGE, __NAMESPACE__ . '\print_settings_page' );
}

/**
 * Adds a link to the page to the list of plug-ins.
 *
 * @param string[] $links The links of this plug-in.
 * @return string[]
 */
function settings_link( $links ) {
	$link = '<a href="' . esc_url( menu_page_url( PAGE, false ) ) . '">' . esc_html__( 'Settings', 'recommender' ) . '</a>';
	return array_merge( array( $link ), $links );
}

/**
 * Prints the page.
 */
function print_settings_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	echo '<div class="wrap"><h1>' . esc_html( get_admin_page_title() ) . '</h1>';
	print_state();
	echo '<form action="options.php" method="post">';
	settings_fields( PAGE );
	do_settings_sections( PAGE );
	submit_button();
	echo '</form></div>';
}

/**
 * Prints whether the lists file is usable, and the command that writes it.
 */
function print_state() {
	$path  = lists_file();
	$state = state_of( $path );
	printf( '<div class="notice inline notice-%s"><p>%s</p></div>', $state['good'] ? 'success' : 'error', esc_html( $state['text'] ) );
	echo '<p>' . esc_html__( 'This command makes the lists; run it after each change, or once a day:', 'recommender' ) . '</p>';
	echo '<pre style="white-space:pre-wrap"><code>' . esc_html( command_for( $path ) ) . '</code></pre>';
}

/**
 * Returns the command that writes the lists file. It reads the address of the database from wp-config.php.
 *
 * @param string $path The lists file.
 * @return string
 */
function command_for( $path ) {
	global $wpdb;
	$folder = untrailingslashit( ABSPATH );
	$folder = file_exists( "$folder/wp-config.php" ) ? $folder : dirname( $folder ); // Where WordPress looks too.
	$parts  = array( 'recommender build', escapeshellarg( "wordpress:$folder" ), '-f wordpress -o', escapeshellarg( $path ) );
	$parts  = array_merge( $parts, array( '-k', settings()['count'] + SPARE, '--reasons' ) );
	$types  = settings()['types'];
	foreach ( array( 'post' ) === $types ? array() : $types as $type ) {
		$parts[] = '--post-type ' . escapeshellarg( $type );
	}
	if ( is_multisite() ) {
		$parts[] = '--table-prefix ' . escapeshellarg( $wpdb->prefix );
	}
	return implode( ' ', $parts );
}

/**
 * Reads the whole lists file, and says whether it is usable.
 *
 * @param string $path The lists file.
 * @return array "good" (bool) and "text".
 */
function state_of( $path ) {
	$problem = problem_of( $path );
	if ( $problem ) {
		/* translators: 1: path of a file, 2: what is wrong with it. */
		$text = sprintf( __( 'No lists are shown: %1$s %2$s. Run the command below.', 'recommender' ), $path, $problem );
		return array(
			'good' => false,
			'text' => $text,
		);
	}
	list( $lists, $damaged ) = count_lists( $path );
	$number = number_format_i18n( $lists );
	/* translators: 1: path of a file, 2: number of lists, 3: a time such as "5 minutes". */
	$text = sprintf( __( '%1$s has %2$s lists, written %3$s ago.', 'recommender' ), $path, $number, human_time_diff( lists_time() ) );
	if ( $damaged ) {
		/* translators: %s: number of a line. */
		$text .= ' ' . sprintf( __( 'Line %s is damaged or not in the order of ids. Run the command below.', 'recommender' ), number_format_i18n( $damaged ) );
	}
	return array(
		'good' => ! $damaged,
		'text' => $text,
	);
}

/**
 * Returns what makes a file unusable.
 *
 * @param string $path The lists file.
 * @return string Such as "is missing"; empty if it is usable.
 */
function problem_of( $path ) {
	if ( ! is_file( $path ) ) {
		return __( 'is missing', 'recommender' );
	}
	if ( ! is_readable( $path ) ) {
		return __( 'cannot be read by the web server', 'recommender' );
	}
	$file  = fopen( $path, 'rb' ); // WP_Filesystem can only read whole files.
	$start = (string) fread( $file, 100 );
	rewind( $file );
	$whole = is_whole( $file );
	fclose( $file );
	if ( $whole ) {
		return '';
	}
	if ( preg_match( '/^\{"version":(\d+)/', $start, $version ) && '1' !== $version[1] ) {
		/* translators: %s: version of a file format. */
		return sprintf( __( 'has version %s of the format, but this plug-in reads version 1', 'recommender' ), $version[1] );
	}
	return 0 === strpos( $start, HEAD ) ? __( 'is not complete', 'recommender' ) : __( 'is not a lists file', 'recommender' );
}

/**
 * Reads all lists.
 *
 * @param string $path A whole lists file.
 * @return int[] Number of lists, and number of the first line that is damaged or not in order; 0 if none.
 */
function count_lists( $path ) {
	$file    = fopen( $path, 'rb' );
	$number  = 1;
	$lists   = 0;
	$last    = 0;
	$damaged = 0;
	fgets( $file );
	while ( ! feof( $file ) ) {
		$line = (string) fgets( $file, MAX_LINE );
		if ( '' === $line || '}}' === rtrim( $line, "\r\n" ) ) {
			break;
		}
		++$number;
		$id = line_id( $line );
		if ( $id > $last && null !== json_decode( substr( rtrim( $line, ",\r\n" ), strpos( $line, '[' ) ) ) ) {
			$last = $id;
			++$lists;
		} elseif ( ! $damaged ) {
			$damaged = $number;
		}
	}
	fclose( $file );
	return array( $lists, $damaged );
}

/**
 * Prints the field of the heading.
 */
function print_heading() {
	printf(
		'<input type="text" class="regular-text" id="recommender-heading" name="%s[heading]" value="%s" placeholder="%s"><p class="description">%s</p>',
		esc_attr( OPTION ),
		esc_attr( settings()['heading'] ),
		esc_attr( heading_in( '' ) ),
		esc_html__( 'Leave empty for this heading, in the language of each post.', 'recommender' )
	);
}

/**
 * Prints the field of the number of articles.
 */
function print_count() {
	printf(
		'<input type="number" class="small-text" id="recommender-count" name="%s[count]" value="%d" min="1" max="%d">',
		esc_attr( OPTION ),
		(int) settings()['count'],
		(int) MAX_COUNT
	);
}

/**
 * Prints the field of the place.
 */
function print_place() {
	$places = array(
		'content' => __( 'After the content of each post', 'recommender' ),
		'manual'  => __( 'Only where the block or the shortcode [recommender] is', 'recommender' ),
	);
	echo '<fieldset><legend class="screen-reader-text">' . esc_html__( 'Place', 'recommender' ) . '</legend>';
	foreach ( $places as $value => $label ) {
		printf(
			'<label><input type="radio" name="%s[place]" value="%s"%s> %s</label><br>',
			esc_attr( OPTION ),
			esc_attr( $value ),
			checked( settings()['place'], $value, false ),
			esc_html( $label )
		);
	}
	echo '</fieldset>';
}

/**
 * Prints the field of the post types.
 */
function print_types() {
	$chosen = settings()['types'];
	echo '<fieldset><legend class="screen-reader-text">' . esc_html__( 'Post types', 'recommender' ) . '</legend>';
	printf( '<input type="hidden" name="%s[types][]" value="">', esc_attr( OPTION ) ); // So that none is a choice.
	foreach ( post_types() as $type ) {
		printf(
			'<label><input type="checkbox" name="%s[types][]" value="%s"%s> %s</label><br>',
			esc_attr( OPTION ),
			esc_attr( $type ),
			checked( in_array( $type, $chosen, true ), true, false ),
			esc_html( get_post_type_object( $type )->labels->name )
		);
	}
	echo '</fieldset>';
}
