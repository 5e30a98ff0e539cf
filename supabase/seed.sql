-- Realistic sample data for trying Anigmaa out: people, events, posts and related rows in Jakarta,
-- Bandung, Yogyakarta, Surabaya and Bali. The people are invented; the venues are real.
--
-- Everyone can sign in as <username>@anigmaa.test with the password anigmaa-demo. Good first
-- choices: ayu_prameswari (hosts coffee events in Jakarta), ratna_dewi (a private profile),
-- erika_siregar (has blocked someone), rara_ayunda (new in town), claire_d (English speaking).
--
-- The database owner runs it once, on a new database, after the migrations. Times are relative to
-- now(). Ids are derived from a row's number, so that tests and documentation can refer to rows: people a0000000-0000-4000-8000-000000000001 and on, posts b0000000-…, comments c0000000-…,
-- poll options d0000000-…, events e0000000-…, questions f0000000-….

-- People. `joined` is in days ago; city and interests decide which events they attend.
create temporary table seed_people (
  number int primary key, id uuid, username text unique, name text, city text, location text,
  gender text, born date, joined int, interests text[], bio text
);

insert into seed_people (number, username, name, city, location, gender, born, joined, interests, bio) values
  (1, 'ayu_prameswari', 'Ayu Prameswari', 'jakarta', 'Menteng, Jakarta Pusat', 'female', '1994-03-12', 410, '{coffee,art,food}', 'Q-grader yang masih suka kopi sachet kalau hujan. I host slow coffee mornings around Menteng & Kota. DM for beans swap.'),
  (2, 'bimasatrio', 'Bima Satrio Nugroho', 'jakarta', 'Cikini, Jakarta Pusat', 'male', '1992-11-02', 395, '{coffee,sports,music}', 'V60 di tas, payung di motor. Bantuin teman pindahan dibayar kopi.'),
  (3, 'citra_lestari', 'Citra Lestari', 'bandung', 'Dago, Bandung', 'female', '1993-07-21', 388, '{coffee,networking,art}', 'Brand designer, Bandung born. Fotografer Braga paruh waktu.'),
  (4, 'dewa_arta', 'I Dewa Gede Arta', 'bali', 'Batubulan, Gianyar', 'male', '1988-01-30', 372, '{art,workshop,music}', 'Pelukis, guru gambar, tukang servis gamelan dadakan. Batuan style since kecil.'),
  (5, 'erika_siregar', 'Erika Siregar', 'jakarta', 'Rawamangun, Jakarta Timur', 'female', '1995-09-09', 402, '{study,workshop,coffee,movies}', 'Editor buku. Boru Siregar, anak kedua, opini pertama. Ngajar nulis gratis tiap bulan.'),
  (6, 'fajar_ramadhan', 'Fajar Ramadhan', 'jakarta', 'Tebet, Jakarta Selatan', 'male', '1991-04-17', 420, '{networking,study,gaming}', 'Backend engineer. Postgres enjoyer, meetup organizer, ayah baru yang kurang tidur.'),
  (7, 'gita_maharani', 'Gita Maharani', 'yogyakarta', 'Kotabaru, Yogyakarta', 'female', '1996-12-05', 365, '{music,movies,coffee}', 'Bikin gigs kecil & layar tancap. Kalau aku gak balas chat, berarti lagi sound check.'),
  (8, 'hendra_wijaya', 'Hendra Wijaya', 'surabaya', 'Rungkut, Surabaya', 'male', '1987-06-14', 380, '{workshop,networking,food}', 'Electrical engineer turned eksportir keripik. Arduino di akhir pekan. Arek Suroboyo.'),
  (9, 'intan_nurhaliza', 'Intan Nurhaliza', 'bandung', 'Antapani, Bandung', 'female', '1997-02-19', 340, '{sports,food,music}', 'Pelari pace santai 7:30. Finish is finish. Pemburu cuanki.'),
  (10, 'joko_susilo', 'Joko Susilo', 'yogyakarta', 'Jetis, Yogyakarta', 'male', '1985-08-17', 377, '{coffee,art,music}', 'Angkringan enthusiast. Kopi joss, sego kucing, obrolan ngalor-ngidul.'),
  (11, 'kadek_ayuni', 'Ni Kadek Ayuni', 'bali', 'Sanur, Denpasar', 'female', '1994-10-10', 355, '{food,other,sports}', 'Sanur sunrise person 🌅 Bersih pantai tiap bulan, bring your own gloves ya!'),
  (12, 'lukman_hakim', 'Lukman Hakim', 'surabaya', 'Pabean Cantian, Surabaya', 'male', '1986-05-25', 360, '{study,movies,food}', 'Guru sejarah SMA, asli Bangkalan. Kota ini museum kalau kamu mau jalan pelan.'),
  (13, 'maria_lapian', 'Maria Lapian', 'jakarta', 'Kelapa Gading, Jakarta Utara', 'female', '1990-08-28', 399, '{food,music,coffee}', 'Manado di dapur, Jakarta di KTP. Will walk 12 km for good bakmi. Rica level: mama saya.'),
  (14, 'naufal_azhar', 'Naufal Azhar', 'jakarta', 'Palmerah, Jakarta Barat', 'male', '1999-01-11', 310, '{gaming,movies}', 'Game dev indie (1 game rilis, 43 pembeli, makasih kalian). Mabar hayuk.'),
  (15, 'olivia_tan', 'Olivia Tanuwijaya', 'jakarta', 'Pluit, Jakarta Utara', 'female', '1992-02-14', 390, '{art,coffee,movies}', 'Illustrator. Sketching strangers on KRL, sorry in advance.'),
  (16, 'putu_wirawan', 'I Putu Wirawan', 'bali', 'Renon, Denpasar', 'male', '1990-03-03', 333, '{sports,study,food}', 'Lari keliling Renon, kerja di bank, tidur jam 9. Hidup sederhana.'),
  (17, 'qonita_zahra', 'Qonita Zahra', 'bandung', 'Ujungberung, Bandung', 'female', '1991-12-22', 345, '{study,movies,other}', 'Ibu dua anak, homeschool. Museum gratis adalah cinta. Suka dokumenter yang bikin marah.'),
  (18, 'rangga_pratama', 'Rangga Pratama', 'jakarta', 'Setiabudi, Jakarta Selatan', 'male', '1993-05-30', 405, '{sports,coffee,food}', 'CFD pacer. 4x marathon, 1x nangis di km 35. Run first, soto later.'),
  (19, 'sari_kusuma', 'Sari Kusumawardani', 'yogyakarta', 'Prawirotaman, Yogyakarta', 'female', '1989-11-19', 350, '{food,networking,workshop}', 'Batik keluarga generasi ketiga. Jadwal gudeg saya lebih teratur dari jadwal kerja.'),
  (20, 'togar_simanjuntak', 'Togar Simanjuntak', 'jakarta', 'Cawang, Jakarta Timur', 'male', '1988-09-01', 330, '{sports,other,music}', 'Donor darah ke-31. Suara keras, hati lembut. Nobar selalu di barisan depan.'),
  (21, 'rizal_chaniago', 'Rizal Chaniago', 'jakarta', 'Bendungan Hilir, Jakarta Pusat', 'male', '1984-07-07', 398, '{networking,food,coffee}', 'Tiga warung nasi kapau, satu spreadsheet. Uda-uda Benhil. Talk to me about cost of goods.'),
  (22, 'vania_halim', 'Vania Halim', 'surabaya', 'Darmo, Surabaya', 'female', '1995-04-04', 352, '{art,coffee,movies}', 'Arsitek. Menggambar bangunan tua sebelum jadi ruko.'),
  (23, 'wulan_sasmita', 'Wulan Sasmita', 'bandung', 'Cigadung, Bandung', 'female', '1992-06-06', 338, '{art,other,coffee}', 'Merajut, melukis, menanam. Tiga kucing: Oncom, Combro, Misro.'),
  (24, 'xaver_bria', 'Xaverius Bria', 'yogyakarta', 'Sleman, Yogyakarta', 'male', '2001-03-27', 260, '{study,gaming,coffee}', 'Anak Atambua, skripsi semester 11 (jangan tanya). Catan lebih cepat selesai dari bab 4.'),
  (25, 'yohana_rumbiak', 'Yohana Rumbiak', 'jakarta', 'Pasar Minggu, Jakarta Selatan', 'female', '1990-10-28', 325, '{workshop,art,music}', 'Perajut noken dari Biak, tinggal di Jakarta. Mama bilang: tangan sibuk, hati tenang.'),
  (26, 'andi_zaki', 'Andi Zaki Baharuddin', 'jakarta', 'Senen, Jakarta Pusat', 'male', '1989-02-08', 344, '{coffee,networking,food}', 'Makassar–Jakarta PP. Kopi hitam tanpa debat. Coto > soto, fight me.'),
  (27, 'teuku_iqbal', 'Teuku Iqbal', 'jakarta', 'Kemayoran, Jakarta Pusat', 'male', '1987-12-12', 315, '{networking,coffee}', 'Akun kecil, teman dekat aja. Sanger panas dua.'),
  (28, 'ratna_dewi', 'Ratna Dewi Anggraini', 'jakarta', 'Menteng, Jakarta Pusat', 'female', '1993-08-15', 370, '{food,art,coffee}', 'Private karena bos follow semua orang. Masak besar, porsi kecil.'),
  (29, 'nadia_puspita', 'Nadia Puspita', 'jakarta', 'Kuningan, Jakarta Selatan', 'female', '1996-05-20', 300, '{movies,food,art}', 'Lawyer by day, nonton sendirian by night.'),
  (30, 'reza_firmansyah', 'Reza Firmansyah', 'jakarta', 'Grogol, Jakarta Barat', 'male', '1998-08-08', 245, '{gaming,sports,networking}', 'Data analyst, futsal Kamis, mabar Jumat, tobat Senin.'),
  (31, 'lia_manurung', 'Lia Manurung', 'jakarta', 'Tebet, Jakarta Selatan', 'female', '1994-01-25', 375, '{gaming,coffee,music}', 'Punya 63 board game dan satu rak yang hampir rubuh. Sore di Tebet Eco Park, bawa camilan.'),
  (32, 'bang_mamat', 'Muhammad Rahmat', 'jakarta', 'Condet, Jakarta Timur', 'male', '1979-06-22', 385, '{music,art,other,food}', 'Betawi asli Condet. Keroncong, lenong, ontel. Nyok kite jage same-same.'),
  (33, 'hana_tjahjadi', 'Hana Tjahjadi', 'jakarta', 'Cikini, Jakarta Pusat', 'female', '1991-09-27', 392, '{movies,art,coffee,study}', 'Programmer film (yang pilih filmnya, bukan yang ngoding). Silent reader, loud about subtitles.'),
  (34, 'sam_latuconsina', 'Samuel Latuconsina', 'jakarta', 'Blok M, Jakarta Selatan', 'male', '1990-04-29', 335, '{music,food,networking}', 'Vokal & ukulele. Ambon manise on stage, nasi padang off stage. Booking lewat inbox.'),
  (35, 'rara_ayunda', 'Rara Ayunda', 'jakarta', 'Setiabudi, Jakarta Selatan', 'female', '2000-07-19', 24, '{coffee,movies,food,sports}', 'Baru pindah dari Palembang! Cari teman jalan, cari pempek yang bener. Be nice 🙏'),
  (36, 'promo_kilat', 'Promo Kilat Official', 'jakarta', 'Jakarta', null, null, 62, '{networking,other}', 'DISKON TIAP HARI!! Cek link. Terpercaya. Fast respon 24 jam.'),
  (37, 'agus_hermawan', 'Agus Hermawan', 'bandung', 'Coblong, Bandung', 'male', '1990-08-23', 342, '{study,networking,gaming}', 'SRE. Baca paper distributed systems sambil nunggu bubur. PR welcome.'),
  (38, 'ardi_kurniawan', 'Ardi Kurniawan', 'bandung', 'Lembang, Bandung Barat', 'male', '1989-10-31', 329, '{sports,coffee,other}', 'Guide trekking. Tahura tiap Sabtu. Sampah dibawa turun, kenangan juga.'),
  (39, 'galih_permana', 'Galih Permana', 'bandung', 'Braga, Bandung', 'male', '1993-03-18', 348, '{music,coffee,art}', 'Lapak vinyl, gitar kopong, tunda skripsi lalu lulus 2017. Now spinning: Koes Plus.'),
  (40, 'neng_dini', 'Dini Andriyani', 'bandung', 'Cicaheum, Bandung', 'female', '1995-11-11', 321, '{workshop,music,sports}', 'Pengajar angklung. Kalau nada kamu fals, itu bagian dari aransemen 😄'),
  (41, 'asep_ridwan', 'Asep Ridwan', 'bandung', 'Gasibu, Bandung', 'male', '1994-09-05', 305, '{food,gaming,music}', 'Kurator cuanki, pemain Tekken main pakai Eddy (maaf). Wilujeng tepang!'),
  (42, 'dimas_anggoro', 'Dimas Anggoro', 'yogyakarta', 'Wirobrajan, Yogyakarta', 'male', '1991-07-29', 358, '{art,workshop,music}', 'Cukil kayu, sablon, tinta di kuku. Studio pintunya terbuka kalau motor saya ada.'),
  (43, 'tari_anjani', 'Tari Anjani', 'yogyakarta', 'Kraton, Yogyakarta', 'female', '1998-04-21', 312, '{art,music,sports}', 'Penari & pengajar. Latihan jam 4 sore, ngantuk jam 4.15.'),
  (44, 'dayang_meliana', 'Dayang Meliana', 'yogyakarta', 'Depok, Sleman', 'female', '1999-05-13', 280, '{sports,study,gaming}', 'Dari Pontianak, S2 kehutanan UGM. Lari pagi di antara candi itu terapi.'),
  (45, 'pak_wid', 'Widodo Prasetyo', 'yogyakarta', 'Ngasem, Yogyakarta', 'male', '1966-02-02', 367, '{other,study,coffee}', 'Pensiunan guru. Pemandu jalan kaki. Cerita saya panjang, bawa minum.'),
  (46, 'kevin_gunawan', 'Kevin Gunawan', 'surabaya', 'Pakuwon, Surabaya', 'male', '1997-06-30', 318, '{gaming,food,movies}', 'Kolektor konsol retro. Dreamcast was ahead of its time and I will not be taking questions.'),
  (47, 'melati_sukma', 'Melati Sukmawati', 'surabaya', 'Wonokromo, Surabaya', 'female', '1992-01-16', 336, '{sports,coffee,art}', 'Yoga di Taman Bungkul tiap Minggu, gratis. Matras pinjam dulu gapapa.'),
  (48, 'fitri_handayani', 'Fitri Handayani', 'surabaya', 'Gubeng, Surabaya', 'female', '1994-03-08', 290, '{food,movies}', 'Dokter umum, off = off. Cuma terima yang kenal.'),
  (49, 'cak_arif', 'Arif Setiawan', 'surabaya', 'Tambaksari, Surabaya', 'male', '1986-10-18', 327, '{food,sports,gaming}', 'Bonek insaf (masih nonton). Rawon, lontong balap, tahu tek. Perut dulu baru rapat, rek.'),
  (50, 'komang_sudiarta', 'I Komang Sudiarta', 'bali', 'Kuta, Badung', 'male', '1993-12-01', 322, '{sports,music,other}', 'Surf instructor, Kuta kid. Ombak kecil bukan alasan.'),
  (51, 'made_laksmi', 'Ni Made Laksmi', 'bali', 'Sanur, Denpasar', 'female', '1989-06-17', 302, '{sports,art}', 'Yoga kecil untuk orang dekat. Om shanti.'),
  (52, 'nyoman_tirta', 'I Nyoman Tirta', 'bali', 'Denpasar Barat', 'male', '1983-04-11', 319, '{study,movies,art}', 'Dosen bahasa Bali. Nulis aksara di lontar, ngetik di HP retak.'),
  (53, 'claire_d', 'Claire Dubois', 'bali', 'Canggu, Badung', 'female', '1991-05-05', 230, '{music,networking,food,sports}', 'From Lyon, six years in Bali. Bahasa saya masih lucu, tolong dikoreksi. Product designer, terrible bongo player.');

update seed_people set id = ('a0000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid;

-- Accounts. Supabase's auth.users and the embedded stack's differ in a few columns, so the statement
-- names only existing ones. Supabase's sign-in expects empty tokens; the hash is bcrypt (cost 10) of
-- the password anigmaa-demo.
do $$
declare
  present text;
begin
  select string_agg(quote_ident(attname), ', ') into strict present
  from pg_catalog.pg_attribute
  where attrelid = 'auth.users'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    and attname in ('instance_id', 'id', 'aud', 'role', 'email', 'encrypted_password', 'email_confirmed_at',
      'raw_app_meta_data', 'raw_user_meta_data', 'last_sign_in_at', 'created_at', 'updated_at',
      'confirmation_token', 'recovery_token', 'email_change', 'email_change_token_new',
      'email_change_token_current', 'phone_change', 'phone_change_token', 'reauthentication_token',
      'is_sso_user', 'is_anonymous');
  execute format($insert$
    insert into auth.users (%1$s)
    select %1$s from (
      select (jsonb_populate_record(null::auth.users, jsonb_build_object(
        'instance_id', '00000000-0000-0000-0000-000000000000', 'id', p.id,
        'aud', 'authenticated', 'role', 'authenticated', 'email', p.username || '@anigmaa.test',
        'encrypted_password', '$2b$10$d3hYNywvFWkJQh.GBMvIz.I1bGhJg4XWuAHcXqvDs9I9tCgKRxLr2',
        'email_confirmed_at', joined_at + interval '4 minutes',
        'raw_app_meta_data', jsonb_build_object('provider', 'email', 'providers', array['email']),
        'raw_user_meta_data', jsonb_build_object('username', p.username, 'name', p.name, 'sub', p.id,
          'email', p.username || '@anigmaa.test', 'email_verified', true, 'phone_verified', false),
        'last_sign_in_at', now() - interval '1 hour' * (p.number %% 40), 'created_at', joined_at, 'updated_at', joined_at,
        'confirmation_token', '', 'recovery_token', '', 'email_change', '', 'email_change_token_new', '',
        'email_change_token_current', '', 'phone_change', '', 'phone_change_token', '', 'reauthentication_token', '',
        'is_sso_user', false, 'is_anonymous', false))).*
      from seed_people p
      cross join lateral (select date_trunc('minute', now() - interval '1 day' * p.joined - interval '37 minutes' * p.number) as joined_at) j
      order by p.number
    ) accounts
  $insert$, present);

  if to_regclass('auth.identities') is not null then
    insert into auth.identities (id, provider, provider_id, user_id, identity_data, last_sign_in_at, created_at, updated_at)
    select p.id, 'email', p.id::text, p.id,
      jsonb_build_object('sub', p.id, 'email', p.username || '@anigmaa.test', 'email_verified', true, 'phone_verified', false),
      u.created_at, u.created_at, u.created_at
    from seed_people p join auth.users u on u.id = p.id;
  end if;
end
$$;

-- Profiles. Two in three have an image; a few hosts are verified. Images come from placeholder services, since a seed
-- cannot store files; an uploaded image is a path in a bucket.
update user_service.users u
set bio = p.bio, location = p.location, interests = p.interests, gender = p.gender, date_of_birth = p.born,
  avatar_url = case when p.number % 3 <> 2 then 'https://i.pravatar.cc/300?u=' || p.username end,
  is_verified = p.username in ('ayu_prameswari', 'fajar_ramadhan', 'hana_tjahjadi', 'rangga_pratama', 'melati_sukma', 'dewa_arta', 'bang_mamat'),
  last_login_at = now() - interval '1 hour' * (p.number % 40),
  created_at = now() - interval '1 day' * p.joined - interval '37 minutes' * p.number
from seed_people p
where u.id = p.id;

update user_service.user_settings
set language = 'en', dark_mode = true
where user_id in (select id from seed_people where username in ('claire_d', 'olivia_tan', 'kevin_gunawan', 'fajar_ramadhan'));

-- Blocks. promo_kilat is a spammer whom several people have blocked.
insert into user_service.blocks (blocker_id, blocked_id, created_at)
select a.id, b.id, now() - interval '1 day' * v.ago
from (values
  ('ayu_prameswari', 'promo_kilat', 50), ('erika_siregar', 'promo_kilat', 48), ('bang_mamat', 'promo_kilat', 41),
  ('citra_lestari', 'promo_kilat', 33), ('kevin_gunawan', 'promo_kilat', 20), ('lia_manurung', 'reza_firmansyah', 70),
  ('wulan_sasmita', 'asep_ridwan', 95), ('gita_maharani', 'dimas_anggoro', 120), ('nadia_puspita', 'naufal_azhar', 66)
) as v (blocker, blocked, ago)
join seed_people a on a.username = v.blocker
join seed_people b on b.username = v.blocked;

-- Follows: first mutual followers …
create temporary table seed_follows (follower uuid, following uuid, primary key (follower, following));

insert into seed_follows
select f.follower, f.following
from (values
  ('ayu_prameswari', 'bimasatrio erika_siregar olivia_tan maria_lapian andi_zaki hana_tjahjadi ratna_dewi nadia_puspita lia_manurung rangga_pratama citra_lestari'),
  ('bimasatrio', 'andi_zaki fajar_ramadhan rangga_pratama reza_firmansyah joko_susilo'),
  ('erika_siregar', 'lia_manurung togar_simanjuntak hana_tjahjadi nadia_puspita ratna_dewi yohana_rumbiak'),
  ('fajar_ramadhan', 'naufal_azhar teuku_iqbal agus_hermawan rizal_chaniago hendra_wijaya reza_firmansyah'),
  ('maria_lapian', 'sam_latuconsina yohana_rumbiak olivia_tan lia_manurung ratna_dewi rizal_chaniago'),
  ('naufal_azhar', 'kevin_gunawan reza_firmansyah asep_ridwan rangga_pratama'),
  ('olivia_tan', 'hana_tjahjadi wulan_sasmita vania_halim ratna_dewi'),
  ('rangga_pratama', 'intan_nurhaliza togar_simanjuntak putu_wirawan reza_firmansyah'),
  ('togar_simanjuntak', 'lia_manurung sam_latuconsina rizal_chaniago'),
  ('rizal_chaniago', 'andi_zaki teuku_iqbal'),
  ('yohana_rumbiak', 'sam_latuconsina andi_zaki xaver_bria'),
  ('andi_zaki', 'teuku_iqbal'),
  ('ratna_dewi', 'nadia_puspita hana_tjahjadi'),
  ('nadia_puspita', 'hana_tjahjadi'),
  ('bang_mamat', 'sam_latuconsina rangga_pratama hana_tjahjadi'),
  ('rara_ayunda', 'lia_manurung ayu_prameswari'),
  ('citra_lestari', 'galih_permana wulan_sasmita neng_dini intan_nurhaliza agus_hermawan qonita_zahra'),
  ('intan_nurhaliza', 'ardi_kurniawan neng_dini wulan_sasmita'),
  ('qonita_zahra', 'neng_dini agus_hermawan wulan_sasmita'),
  ('wulan_sasmita', 'galih_permana'),
  ('agus_hermawan', 'ardi_kurniawan asep_ridwan'),
  ('ardi_kurniawan', 'asep_ridwan galih_permana'),
  ('galih_permana', 'asep_ridwan gita_maharani'),
  ('gita_maharani', 'tari_anjani sari_kusuma xaver_bria dayang_meliana joko_susilo'),
  ('joko_susilo', 'pak_wid dimas_anggoro xaver_bria sari_kusuma'),
  ('sari_kusuma', 'pak_wid tari_anjani dimas_anggoro'),
  ('xaver_bria', 'dayang_meliana dimas_anggoro'),
  ('tari_anjani', 'dimas_anggoro dayang_meliana dewa_arta'),
  ('dimas_anggoro', 'olivia_tan wulan_sasmita'),
  ('hendra_wijaya', 'vania_halim kevin_gunawan lukman_hakim melati_sukma'),
  ('lukman_hakim', 'cak_arif melati_sukma fitri_handayani pak_wid'),
  ('vania_halim', 'melati_sukma fitri_handayani kevin_gunawan'),
  ('kevin_gunawan', 'cak_arif'),
  ('melati_sukma', 'fitri_handayani'),
  ('dewa_arta', 'kadek_ayuni putu_wirawan nyoman_tirta made_laksmi'),
  ('kadek_ayuni', 'putu_wirawan made_laksmi claire_d komang_sudiarta nyoman_tirta'),
  ('putu_wirawan', 'komang_sudiarta nyoman_tirta'),
  ('komang_sudiarta', 'claire_d'),
  ('claire_d', 'made_laksmi')
) as v (username, friends)
join seed_people a on a.username = v.username
join seed_people b on b.username = any (string_to_array(v.friends, ' '))
cross join lateral (values (a.id, b.id), (b.id, a.id)) as f (follower, following);

-- … then one-way follows.
insert into seed_follows
select a.id, b.id
from (values
  ('ayu_prameswari', 'joko_susilo bang_mamat dewa_arta'),
  ('bimasatrio', 'sam_latuconsina hana_tjahjadi galih_permana'),
  ('citra_lestari', 'olivia_tan hana_tjahjadi vania_halim'),
  ('fajar_ramadhan', 'ayu_prameswari lia_manurung kevin_gunawan'),
  ('gita_maharani', 'sam_latuconsina hana_tjahjadi'),
  ('hendra_wijaya', 'rizal_chaniago sari_kusuma ayu_prameswari'),
  ('intan_nurhaliza', 'putu_wirawan melati_sukma'),
  ('naufal_azhar', 'lia_manurung hana_tjahjadi'),
  ('reza_firmansyah', 'maria_lapian sam_latuconsina ayu_prameswari'),
  ('rara_ayunda', 'rangga_pratama hana_tjahjadi maria_lapian bang_mamat sam_latuconsina erika_siregar bimasatrio'),
  ('ratna_dewi', 'bang_mamat rangga_pratama sari_kusuma'),
  ('nadia_puspita', 'yohana_rumbiak dimas_anggoro'),
  ('teuku_iqbal', 'ayu_prameswari bimasatrio maria_lapian'),
  ('sam_latuconsina', 'ayu_prameswari gita_maharani galih_permana claire_d'),
  ('bang_mamat', 'maria_lapian erika_siregar'),
  ('promo_kilat', 'fajar_ramadhan rizal_chaniago hendra_wijaya sari_kusuma naufal_azhar reza_firmansyah claire_d'),
  ('qonita_zahra', 'erika_siregar lukman_hakim pak_wid'),
  ('wulan_sasmita', 'yohana_rumbiak ayu_prameswari'),
  ('agus_hermawan', 'naufal_azhar ayu_prameswari'),
  ('asep_ridwan', 'kevin_gunawan maria_lapian cak_arif'),
  ('neng_dini', 'tari_anjani dewa_arta'),
  ('galih_permana', 'sam_latuconsina bang_mamat'),
  ('joko_susilo', 'ayu_prameswari bang_mamat'),
  ('xaver_bria', 'lia_manurung fajar_ramadhan'),
  ('dayang_meliana', 'rangga_pratama intan_nurhaliza ardi_kurniawan'),
  ('tari_anjani', 'bang_mamat kadek_ayuni'),
  ('pak_wid', 'bang_mamat'),
  ('dimas_anggoro', 'yohana_rumbiak dewa_arta vania_halim'),
  ('kevin_gunawan', 'lia_manurung'),
  ('vania_halim', 'ayu_prameswari hana_tjahjadi'),
  ('melati_sukma', 'kadek_ayuni rangga_pratama'),
  ('fitri_handayani', 'cak_arif hana_tjahjadi'),
  ('cak_arif', 'maria_lapian rangga_pratama'),
  ('made_laksmi', 'melati_sukma tari_anjani'),
  ('komang_sudiarta', 'rangga_pratama dewa_arta'),
  ('nyoman_tirta', 'pak_wid lukman_hakim erika_siregar'),
  ('claire_d', 'ayu_prameswari dewa_arta citra_lestari sam_latuconsina'),
  ('putu_wirawan', 'intan_nurhaliza')
) as v (username, followed)
join seed_people a on a.username = v.username
join seed_people b on b.username = any (string_to_array(v.followed, ' '))
on conflict do nothing;

insert into user_service.follows (follower_id, following_id, created_at)
select f.follower, f.following, now() - interval '1 day' * least(a.joined, b.joined)
  * (0.02 + 0.95 * (hashtext(a.username || b.username) & 1023) / 1024.0)
from seed_follows f
join seed_people a on a.id = f.follower
join seed_people b on b.id = f.following;

-- Privacy, set after the follows: a hidden person keeps existing followers.
update user_service.user_privacy up
set profile_visible = p.username not in ('ratna_dewi', 'nadia_puspita', 'teuku_iqbal', 'fitri_handayani', 'made_laksmi'),
  events_visible = p.username not in ('erika_siregar', 'olivia_tan', 'wulan_sasmita', 'lukman_hakim', 'nadia_puspita'),
  allow_followers = p.username not in ('hana_tjahjadi', 'made_laksmi', 'pak_wid'),
  show_email = p.username in ('ayu_prameswari', 'fajar_ramadhan', 'sam_latuconsina', 'dewa_arta', 'promo_kilat'),
  show_location = p.number % 5 <> 4
from seed_people p
where up.user_id = p.id;

-- Venues: real places, with coordinates of an entrance.
create temporary table seed_venues (
  slug text primary key, city text, name text, address text, lat numeric(10,8), lng numeric(11,8)
);

insert into seed_venues (slug, city, name, address, lat, lng) values
  ('sarinah', 'jakarta', 'Sarinah', 'Jl. M.H. Thamrin No. 11, Menteng, Jakarta Pusat', -6.187300, 106.823900),
  ('takkie', 'jakarta', 'Kopi Es Tak Kie', 'Gang Gloria, Jl. Pintu Besar Selatan III No. 4–6, Glodok, Jakarta Barat', -6.143700, 106.814200),
  ('suropati', 'jakarta', 'Taman Suropati', 'Jl. Taman Suropati, Menteng, Jakarta Pusat', -6.199300, 106.832300),
  ('menteng', 'jakarta', 'Taman Menteng', 'Jl. HOS Cokroaminoto, Menteng, Jakarta Pusat', -6.196400, 106.829300),
  ('grandindonesia', 'jakarta', 'Grand Indonesia', 'Jl. M.H. Thamrin No. 1, Jakarta Pusat', -6.195100, 106.820700),
  ('plazaindonesia', 'jakarta', 'Plaza Indonesia', 'Jl. M.H. Thamrin Kav. 28–30, Jakarta Pusat', -6.193200, 106.821900),
  ('tim', 'jakarta', 'Taman Ismail Marzuki', 'Jl. Cikini Raya No. 73, Menteng, Jakarta Pusat', -6.190000, 106.838900),
  ('banteng', 'jakarta', 'Lapangan Banteng', 'Jl. Lapangan Banteng, Sawah Besar, Jakarta Pusat', -6.170560, 106.835000),
  ('galnas', 'jakarta', 'Galeri Nasional Indonesia', 'Jl. Medan Merdeka Timur No. 14, Gambir, Jakarta Pusat', -6.178500, 106.832900),
  ('perpusnas', 'jakarta', 'Perpustakaan Nasional RI', 'Jl. Medan Merdeka Selatan No. 11, Gambir, Jakarta Pusat', -6.181300, 106.826900),
  ('monas', 'jakarta', 'Monumen Nasional', 'Jl. Silang Monas, Gambir, Jakarta Pusat', -6.175392, 106.827153),
  ('bundaranhi', 'jakarta', 'Bundaran HI', 'Jl. M.H. Thamrin, Jakarta Pusat', -6.194970, 106.823060),
  ('dukuhatas', 'jakarta', 'MRT Dukuh Atas BNI', 'Jl. Jenderal Sudirman, Setiabudi, Jakarta Pusat', -6.200800, 106.822800),
  ('gbk', 'jakarta', 'Stadion Utama Gelora Bung Karno', 'Jl. Pintu Satu Senayan, Jakarta Pusat', -6.218610, 106.802500),
  ('mbloc', 'jakarta', 'M Bloc Space', 'Jl. Panglima Polim Raya No. 37, Melawai, Jakarta Selatan', -6.241200, 106.798900),
  ('literasi', 'jakarta', 'Taman Literasi Martha Christina Tiahahu', 'Jl. Sisingamangaraja, Melawai, Jakarta Selatan', -6.242900, 106.799000),
  ('fatahillah', 'jakarta', 'Taman Fatahillah, Kota Tua', 'Jl. Taman Fatahillah No. 1, Jakarta Barat', -6.134900, 106.813300),
  ('petaksembilan', 'jakarta', 'Vihara Dharma Bhakti, Petak Sembilan', 'Jl. Kemenangan III No. 13, Glodok, Jakarta Barat', -6.144000, 106.812800),
  ('binus', 'jakarta', 'BINUS Anggrek Campus', 'Jl. Kebon Jeruk Raya No. 27, Jakarta Barat', -6.201800, 106.781600),
  ('tebet', 'jakarta', 'Tebet Eco Park', 'Jl. Tebet Barat Raya, Tebet, Jakarta Selatan', -6.237100, 106.853200),
  ('gading', 'jakarta', 'Mal Kelapa Gading', 'Jl. Boulevard Kelapa Gading, Jakarta Utara', -6.157700, 106.908300),
  ('pacificplace', 'jakarta', 'Pacific Place', 'Jl. Jenderal Sudirman Kav. 52–53, SCBD, Jakarta Selatan', -6.224500, 106.809800),
  ('kokas', 'jakarta', 'Kota Kasablanka', 'Jl. Casablanca Raya Kav. 88, Tebet, Jakarta Selatan', -6.223800, 106.842900),
  ('gkj', 'jakarta', 'Gedung Kesenian Jakarta', 'Jl. Gedung Kesenian No. 1, Pasar Baru, Jakarta Pusat', -6.166670, 106.834440),
  ('braga', 'bandung', 'Braga Citywalk', 'Jl. Braga No. 99–101, Bandung', -6.917400, 107.609200),
  ('ciwalk', 'bandung', 'Cihampelas Walk', 'Jl. Cihampelas No. 160, Bandung', -6.893700, 107.605200),
  ('gasibu', 'bandung', 'Lapangan Gasibu', 'Jl. Diponegoro, Bandung', -6.900500, 107.618700),
  ('tahura', 'bandung', 'Tahura Ir. H. Djuanda', 'Kompleks Tahura, Jl. Ir. H. Juanda No. 99, Ciburial, Bandung', -6.857800, 107.632500),
  ('udjo', 'bandung', 'Saung Angklung Udjo', 'Jl. Padasuka No. 118, Bandung', -6.897900, 107.654900),
  ('geologi', 'bandung', 'Museum Geologi', 'Jl. Diponegoro No. 57, Bandung', -6.900700, 107.621400),
  ('itb', 'bandung', 'Institut Teknologi Bandung', 'Jl. Ganesa No. 10, Bandung', -6.891500, 107.610600),
  ('selasar', 'bandung', 'Selasar Sunaryo Art Space', 'Jl. Bukit Pakar Timur No. 100, Bandung', -6.858700, 107.637100),
  ('merdeka', 'bandung', 'Gedung Merdeka', 'Jl. Asia Afrika No. 65, Bandung', -6.921110, 107.609720),
  ('gedungsate', 'bandung', 'Gedung Sate', 'Jl. Diponegoro No. 22, Bandung', -6.902481, 107.618810),
  ('pvj', 'bandung', 'Paris Van Java', 'Jl. Sukajadi No. 131–139, Bandung', -6.889100, 107.596200),
  ('balaikota', 'bandung', 'Taman Balai Kota Bandung', 'Jl. Wastukencana No. 2, Bandung', -6.911500, 107.609700),
  ('tugu', 'yogyakarta', 'Tugu Yogyakarta', 'Jl. Jenderal Sudirman – Jl. A.M. Sangaji, Yogyakarta', -7.782900, 110.367100),
  ('stasiuntugu', 'yogyakarta', 'Stasiun Yogyakarta', 'Jl. Pasar Kembang, Sosromenduran, Yogyakarta', -7.789200, 110.363500),
  ('jnm', 'yogyakarta', 'Jogja National Museum', 'Jl. Prof. Ki Amri Yahya No. 1, Wirobrajan, Yogyakarta', -7.800200, 110.353500),
  ('tby', 'yogyakarta', 'Taman Budaya Yogyakarta', 'Jl. Sriwedani No. 1, Gondomanan, Yogyakarta', -7.800000, 110.367700),
  ('tamansari', 'yogyakarta', 'Taman Sari', 'Jl. Tamanan, Patehan, Kraton, Yogyakarta', -7.810100, 110.359200),
  ('ugm', 'yogyakarta', 'Grha Sabha Pramana UGM', 'Bulaksumur, Caturtunggal, Sleman', -7.770200, 110.377900),
  ('prambanan', 'yogyakarta', 'Candi Prambanan', 'Jl. Raya Solo – Yogyakarta No. 16, Bokoharjo, Sleman', -7.752000, 110.491500),
  ('vredeburg', 'yogyakarta', 'Benteng Vredeburg', 'Jl. Margo Mulyo No. 6, Gondomanan, Yogyakarta', -7.800300, 110.366300),
  ('kridosono', 'yogyakarta', 'Stadion Kridosono', 'Jl. Yos Sudarso No. 9, Kotabaru, Yogyakarta', -7.787700, 110.374500),
  ('alkid', 'yogyakarta', 'Alun-Alun Kidul', 'Jl. Alun-Alun Kidul, Patehan, Kraton, Yogyakarta', -7.811800, 110.363100),
  ('pakuwonjogja', 'yogyakarta', 'Pakuwon Mall Jogja', 'Jl. Ring Road Utara, Condongcatur, Sleman', -7.758700, 110.399400),
  ('bungkul', 'surabaya', 'Taman Bungkul', 'Jl. Raya Darmo, Wonokromo, Surabaya', -7.291300, 112.739800),
  ('balaipemuda', 'surabaya', 'Balai Pemuda', 'Jl. Gubernur Suryo No. 15, Genteng, Surabaya', -7.263700, 112.745600),
  ('tugupahlawan', 'surabaya', 'Tugu Pahlawan', 'Jl. Pahlawan, Alun-alun Contong, Surabaya', -7.245700, 112.737800),
  ('its', 'surabaya', 'Institut Teknologi Sepuluh Nopember', 'Kampus ITS Sukolilo, Surabaya', -7.282200, 112.794900),
  ('tunjungan', 'surabaya', 'Tunjungan Plaza', 'Jl. Basuki Rahmat No. 8–12, Surabaya', -7.262500, 112.739000),
  ('grandcity', 'surabaya', 'Grand City Surabaya', 'Jl. Walikota Mustajab No. 1, Surabaya', -7.262400, 112.750800),
  ('sampoerna', 'surabaya', 'House of Sampoerna', 'Jl. Taman Sampoerna No. 6, Surabaya', -7.230900, 112.734300),
  ('monkasel', 'surabaya', 'Monumen Kapal Selam', 'Jl. Pemuda No. 39, Genteng, Surabaya', -7.265400, 112.750300),
  ('majapahit', 'surabaya', 'Hotel Majapahit', 'Jl. Tunjungan No. 65, Surabaya', -7.259700, 112.739000),
  ('tambaksari', 'surabaya', 'Stadion Gelora 10 November', 'Jl. Tambaksari, Surabaya', -7.252400, 112.755500),
  ('batubolong', 'bali', 'Pantai Batu Bolong', 'Jl. Pantai Batu Bolong, Canggu, Badung', -8.659100, 115.130300),
  ('kuta', 'bali', 'Pantai Kuta', 'Jl. Pantai Kuta, Kuta, Badung', -8.718500, 115.168600),
  ('beachwalk', 'bali', 'Beachwalk Bali', 'Jl. Pantai Kuta, Kuta, Badung', -8.716900, 115.169200),
  ('renon', 'bali', 'Lapangan Niti Mandala Renon', 'Jl. Raya Puputan, Renon, Denpasar', -8.671900, 115.233800),
  ('lukisan', 'bali', 'Museum Puri Lukisan', 'Jl. Raya Ubud, Ubud, Gianyar', -8.505200, 115.260500),
  ('artcenter', 'bali', 'Taman Werdhi Budaya (Art Centre)', 'Jl. Nusa Indah, Sumerta, Denpasar', -8.654700, 115.232800),
  ('sanur', 'bali', 'Pantai Sanur, Museum Le Mayeur', 'Jl. Hang Tuah, Sanur, Denpasar', -8.675300, 115.263100),
  ('badung', 'bali', 'Pasar Badung', 'Jl. Gajah Mada, Denpasar', -8.656000, 115.212500),
  ('puputan', 'bali', 'Lapangan Puputan Badung', 'Jl. Surapati, Denpasar', -8.656800, 115.216900);

-- Events. `day` counts from today, `dow` (6 Saturday, 7 Sunday) moves on to the next such day, `at` is
-- the local time in the venue's city, `hours` the duration. Events of several days are ongoing.
create temporary table seed_events (
  number int primary key, slug text unique, host text, venue text, category text, day int, dow int, at time,
  hours numeric, seats int, price numeric, ticketed boolean, privacy text, title text, description text,
  requirements text, id uuid, host_id uuid, city text, starts timestamptz, ends timestamptz, published timestamptz
);

insert into seed_events (number, slug, host, venue, category, day, dow, at, hours, seats, price, ticketed, privacy, title, description, requirements) values
  -- Jakarta
  (1, 'kopi-sarinah', 'ayu_prameswari', 'sarinah', 'coffee', -21, null, '16:00', 2, 16, 0, false, 'public', 'Ngopi Sore: Gayo vs Toraja', 'Dua beans, dua metode, satu meja panjang di lantai dasar Sarinah. Kita seduh bareng, blind, terus tebak-tebakan. Tidak perlu paham kopi, yang penting jujur sama lidah.', null),
  (2, 'kopi-takkie', 'ayu_prameswari', 'takkie', 'coffee', 3, null, '07:30', 2, 12, 0, false, 'public', 'Pagi di Kopi Es Tak Kie', 'Kopi es legendaris Glodok sebelum antreannya mengular. Habis itu jalan sebentar ke Petak Sembilan. Bayar pesanan masing-masing ya.', 'Datang sebelum 07.30, meja kita cuma dua.'),
  (3, 'kopi-suropati', 'bimasatrio', 'suropati', 'coffee', 6, 7, '07:00', 3, 25, 0, false, 'public', 'Piknik Manual Brew Taman Suropati', 'Bawa alat seduh apa saja: V60, moka pot, saringan mama. Air panas saya yang urus (3 termos). Tukar-tukaran beans, dengar anak-anak latihan biola.', 'Bawa cangkir sendiri, no plastik.'),
  (4, 'cupping-nusantara', 'ayu_prameswari', 'grandindonesia', 'coffee', 11, null, '14:00', 2.5, 24, 85000, true, 'public', 'Cupping Kopi Nusantara: 8 Origin', 'Delapan origin dari Gayo sampai Wamena dalam satu meja cupping. Dipandu pelan-pelan, ada lembar skor dan glosarium rasa. Cocok untuk pemula yang penasaran kenapa orang bilang kopinya “tea-like”.', 'Jangan pakai parfum terlalu wangi ya.'),
  (5, 'kopi-buku-tim', 'hana_tjahjadi', 'tim', 'coffee', 2, null, '10:00', 3, 20, 0, false, 'public', 'Kopi & Buku: Silent Reading di TIM', 'Satu jam baca tanpa ngomong, satu jam ngobrol soal yang dibaca. Komik boleh, skripsi boleh, PDF kantor jangan. Kopi beli di kafe perpustakaan.', null),
  (6, 'kopi-banteng', 'andi_zaki', 'banteng', 'coffee', 9, null, '06:30', 2, 30, 0, false, 'public', 'Kopi Subuh Lapangan Banteng', 'Ngopi hitam sambil nunggu matahari naik di atas amfiteater. Ada pisang goreng dan sambal, cara makan orang Makassar yang benar.', null),
  (7, 'kopi-galnas', 'olivia_tan', 'galnas', 'coffee', -9, null, '15:00', 2, 15, 0, false, 'public', 'Ngopi Habis Galeri', 'Keliling pameran tetap 45 menit, lalu duduk di kafe halaman belakang dan debat lukisan mana yang paling bikin kepikiran. Sketchbook welcome.', null),
  (8, 'belajar-perpusnas', 'fajar_ramadhan', 'perpusnas', 'study', 1, null, '09:00', 5, 20, 0, false, 'public', 'Belajar Bareng di Perpusnas Lt. 7', 'Pomodoro 50/10, lima ronde. Ada yang persiapan IELTS, CPNS, sertifikasi cloud. Yang penting laptop silent dan niat.', 'Bawa KTP untuk kartu anggota.'),
  (9, 'ielts-perpusnas', 'erika_siregar', 'perpusnas', 'study', -14, null, '13:00', 3, 15, 0, false, 'public', 'Bedah Writing Task 2', 'Bawa satu esai yang pernah ditulis, kita bongkar bareng: kalimat topik, kohesi, dan “moreover” yang kebanyakan.', 'Esai 250 kata, dicetak.'),
  (10, 'cfd-run', 'rangga_pratama', 'bundaranhi', 'sports', 1, 7, '05:45', 2, 60, 0, false, 'public', 'CFD Easy Run 5K', 'Pace 7:00–8:00, regroup tiap kilometer, tidak ada yang ditinggal. Titik kumpul sisi utara Bundaran HI depan Plaza Indonesia. Habis lari: soto.', 'Bawa minum, e-money buat pulang.'),
  (11, 'cfd-run-lalu', 'rangga_pratama', 'bundaranhi', 'sports', -17, 7, '05:45', 2, 60, 0, false, 'public', 'CFD Easy Run 5K edisi hujan', 'Hujan tetap jalan kecuali petir. Pace santai, banyak foto, pulang lewat Dukuh Atas.', null),
  (12, 'gbk-interval', 'rangga_pratama', 'gbk', 'sports', 5, null, '18:30', 1.5, 30, 0, false, 'public', 'Interval Malam GBK: 6 × 800', 'Pemanasan 2 km, 6 × 800 m dengan jeda jog 400 m, pendinginan sambil curhat. Ada tiga grup pace jadi jangan minder.', 'Sudah terbiasa lari 5 km.'),
  (13, 'malam-ambon', 'sam_latuconsina', 'mbloc', 'music', 8, null, '19:30', 3, 180, 120000, true, 'public', 'Malam Ambon Manise', 'Hawaiian style, lagu Ambon lama, dua set panjang dan satu set dansa. Papeda dan ikan kuah kuning dijual di depan. Come hungry, leave singing.', '17+'),
  (14, 'keroncong-kotatua', 'bang_mamat', 'fatahillah', 'music', -30, null, '16:00', 3, 120, 0, false, 'public', 'Keroncong Sore Kota Tua', 'Main lesehan di depan Museum Fatahillah. Bawa tikar, bawa enyak babe. Lagu boleh request asal bukan yang baru 2 minggu viral.', null),
  (15, 'film-pendek-tim', 'hana_tjahjadi', 'tim', 'movies', 13, null, '19:00', 3, 45, 50000, true, 'public', 'Malam Film Pendek Indonesia', 'Enam film pendek dari Palu, Yogya, Makassar, Medan, dan dua dari Jakarta. Tiga sutradaranya datang, jadi sopan tapi jangan terlalu sopan waktu tanya jawab.', null),
  (16, 'diskusi-horor', 'hana_tjahjadi', 'tim', 'movies', -18, null, '15:00', 2.5, 40, 0, false, 'public', 'Kenapa Horor Kita Laku?', 'Nonton tiga cuplikan, lalu diskusi: dari Beranak dalam Kubur sampai gelombang folk horror sekarang. Pemantik dua orang, sisanya kita ribut bareng.', null),
  (17, 'sketsa-galnas', 'olivia_tan', 'galnas', 'art', -5, null, '10:00', 3, 20, 0, false, 'public', 'Sketsa Bareng di Halaman Galnas', 'Gambar pohon trembesi, satpam yang sabar, dan satu sama lain. All levels. I bring spare pens.', 'Sketchbook A5 cukup.'),
  (18, 'pameran-pasar', 'olivia_tan', 'galnas', 'art', -4, null, '10:00', 322, 300, 0, false, 'public', 'Pameran Foto: Wajah Pasar', 'Empat puluh potret pedagang dari Pasar Senen, Johar, Badung, dan Pabean. Buka tiap hari 10.00–20.00, gratis. Sapa kami di meja depan.', null),
  (19, 'kuliner-glodok', 'maria_lapian', 'petaksembilan', 'food', -12, null, '09:00', 4, 14, 75000, false, 'public', 'Jalan Kaki Kuliner Glodok', 'Sembilan titik, dua kilometer, satu perut. Pi oh tidak termasuk, tapi cempedak goreng iya. Biaya buat icip-icip semua titik. Halal & non-halal dipisah jelas.', 'Sepatu nyaman, perut kosong.'),
  (20, 'kuliner-glodok-2', 'maria_lapian', 'petaksembilan', 'food', 15, null, '09:00', 4, 14, 75000, false, 'public', 'Jalan Kaki Kuliner Glodok jilid 2', 'Rute baru lewat Gang Kalimati dan Pancoran. Yang minggu lalu nggak kebagian mi kangkung, ini saatnya.', 'Sepatu nyaman, perut kosong.'),
  (21, 'potluck-menteng', 'ratna_dewi', 'menteng', 'food', 7, null, '16:30', 3, 12, 0, false, 'friends_only', 'Potluck Kecil Taman Menteng', 'Teman-teman aja. Aku bawa tahu isi dan sambal kacang, kalian bawa apa kek asal bukan es batu lagi.', null),
  (22, 'game-jam', 'naufal_azhar', 'binus', 'gaming', -1, null, '17:00', 48, 60, 50000, false, 'public', 'Jakarta Weekend Game Jam', 'Bikin game dari nol sampai bisa dimainkan. Tema diumumkan di tempat. Solo boleh, tim maksimal 4. Ada dapur, mushola, dan karpet yang lumayan empuk.', 'Laptop, colokan, sikat gigi.'),
  (23, 'mabar-gading', 'naufal_azhar', 'gading', 'gaming', 18, null, '13:00', 5, 32, 20000, false, 'public', 'Mabar Offline Kelapa Gading', 'Delapan tim, sistem gugur, hadiah pulsa dan harga diri. Kata kasar kena denda seribu ke kotak donasi.', 'Bawa HP + power bank.'),
  (24, 'boardgame-tebet', 'lia_manurung', 'tebet', 'gaming', 4, null, '15:00', 3, 18, 0, false, 'public', 'Board Game Sore di Tebet Eco Park', 'Saya bawa satu koper: Azul, Splendor, Cockroach Poker, dan satu game dua jam buat yang kuat. Diajari dari nol.', null),
  (25, 'noken', 'yohana_rumbiak', 'mbloc', 'workshop', 10, null, '13:00', 4, 16, 150000, true, 'public', 'Workshop Merajut Noken Mini', 'Belajar simpul dasar noken dari serat melinjo, sambil dengar cerita kenapa mama-mama Papua merajutnya. Pulang bawa noken kecil buatan sendiri. Bahan sudah termasuk.', 'Usia 12 tahun ke atas.'),
  (26, 'menulis-esai', 'erika_siregar', 'literasi', 'workshop', 16, null, '15:00', 3, 20, 0, false, 'public', 'Kelas Menulis: Esai 800 Kata', 'Dari curhat jadi esai. Bawa satu kejadian kecil minggu ini; pulang bawa draf pertama yang jelek (semua draf pertama jelek).', 'Buku tulis, bukan laptop.'),
  (27, 'ukm-scbd', 'rizal_chaniago', 'pacificplace', 'networking', 20, null, '18:30', 2.5, 80, 0, false, 'public', 'Ngobrol UMKM Kuliner: Buka-bukaan HPP', 'Bukan seminar, nggak ada slide motivasi. Lima pemilik usaha buka angka: sewa, HPP, komisi aplikasi, gaji. Bawa kartu nama dan kalkulator.', null),
  (28, 'dev-meetup', 'fajar_ramadhan', 'kokas', 'networking', -25, null, '18:30', 3, 80, 0, false, 'public', 'Jakarta Dev Meetup: Postgres di Produksi', 'Tiga talk singkat: index yang salah, migrasi tanpa downtime, dan cerita horor vacuum. Pizza selagi ada.', null),
  (29, 'dev-meetup-2', 'fajar_ramadhan', 'kokas', 'networking', 23, null, '18:30', 3, 80, 0, false, 'public', 'Jakarta Dev Meetup: Realtime Tanpa Drama', 'WebSocket, SSE, atau polling aja cukup? Dua talk dan satu debat terbuka. Slot lightning talk masih ada tiga.', null),
  (30, 'donor-darah', 'togar_simanjuntak', 'kokas', 'other', 12, null, '10:00', 5, 100, 0, false, 'public', 'Donor Darah Rame-Rame', 'Sekali tusuk, tiga nyawa. Dokter dan PMI sudah siap, susu dan mi instan juga. Yang takut jarum, saya pegangin tangannya, serius.', 'Tidur cukup, sarapan, BB min. 45 kg.'),
  (31, 'nobar-timnas', 'togar_simanjuntak', 'gbk', 'sports', 14, null, '19:00', 3, 100, 0, false, 'public', 'Nobar Timnas di Parkir Timur', 'Layar gede, suara lebih gede. Pakai merah ya!', null),
  (32, 'makan-malam-nadia', 'nadia_puspita', 'plazaindonesia', 'food', 5, null, '19:00', 2.5, 10, 0, false, 'private', 'Makan malam kecil, 10 kursi', 'Syukuran lulus UPA. Jangan bawa kado, bawa cerita.', null),
  (33, 'lenong-tim', 'bang_mamat', 'gkj', 'art', 27, null, '15:00', 3, 60, 0, false, 'public', 'Latihan Terbuka Lenong', 'Nonton sekalian nyobain jadi centeng atau jadi juragan. Nggak apal naskah nggak ngapa, emang kagak ada naskahnye.', null),
  (34, 'ontel', 'bang_mamat', 'monas', 'other', -40, null, '06:30', 3, 40, 0, false, 'public', 'Gowes Ontel Monas–Kota Tua', 'Ontel, sepeda lipat, sepeda anak, semua boleh. Dresscode tempo doeloe biar yang liat ikut seneng. Rem diperiksa dulu ye.', 'Helm kalau ada.'),
  (35, 'kopi-dukuhatas', 'andi_zaki', 'dukuhatas', 'coffee', -36, null, '07:00', 1, 20, 0, false, 'public', 'Kopi Cepat Sebelum Kantor', 'Satu jam pas, habis itu kerja. Kenalan sama orang yang tiap hari kita lihat di peron tapi nggak pernah disapa.', null),
  -- Bandung
  (36, 'braga-kopi', 'citra_lestari', 'braga', 'coffee', -16, null, '08:00', 3, 20, 0, false, 'public', 'Braga Pagi: Ngopi & Motret', 'Braga sebelum turisnya bangun. Dua kedai kopi, satu rol film (atau HP), cahaya pagi yang jatuhnya miring. Share foto di album bersama.', null),
  (37, 'braga-vinyl', 'galih_permana', 'braga', 'music', 9, null, '19:00', 3, 40, 0, false, 'public', 'Lapak Vinyl & Akustik Braga', 'Bawa satu piringan yang kamu sayang, ceritakan kenapa. Sesi akustik buka jam 20.00, mic terbuka buat dua lagu per orang.', null),
  (38, 'tekken', 'asep_ridwan', 'ciwalk', 'gaming', 6, null, '13:00', 4, 32, 15000, false, 'public', 'Turnamen Tekken Ciwalk', 'Double elimination, bracket ditulis di papan tulis. Eddy diperbolehkan dengan rasa malu secukupnya.', 'Stik sendiri lebih enak.'),
  (39, 'gasibu-run', 'intan_nurhaliza', 'gasibu', 'sports', 7, 7, '06:00', 2, 50, 0, false, 'public', 'Gasibu Sunday Run, pace ngobrol', 'Kalau nggak bisa sambil ngobrol berarti kecepetan. 5 km muter Gasibu–Dago–Gedung Sate. Finish: batagor.', null),
  (40, 'tahura-trek', 'ardi_kurniawan', 'tahura', 'sports', -13, 6, '07:00', 5, 18, 35000, false, 'public', 'Trekking Tahura–Maribaya', 'Enam kilometer lewat Gua Jepang, Gua Belanda, jembatan, kopi di ujung. Tempo keluarga.', 'Sepatu bergerigi, jas hujan.'),
  (41, 'tahura-trek-2', 'ardi_kurniawan', 'tahura', 'sports', 14, 6, '06:30', 5, 18, 35000, false, 'public', 'Trekking Tahura: jalur Curug Omas', 'Lebih basah, lebih sepi, lebih seru. Pulangnya naik angkot bareng dari Maribaya.', 'Sepatu bergerigi, baju ganti.'),
  (42, 'udjo-angklung', 'neng_dini', 'udjo', 'workshop', 17, null, '15:00', 2.5, 40, 95000, true, 'public', 'Workshop Angklung untuk yang Merasa Fals', 'Bikin satu angklung kecil, terus main Burung Kakatua berempat puluh. Tidak ada nada yang salah, cuma telat.', null),
  (43, 'museum-geologi', 'qonita_zahra', 'geologi', 'study', -6, null, '09:00', 3, 25, 0, false, 'public', 'Field Trip Geologi: Anak & Ortu', 'Lembar misi untuk anak 6–12 tahun: cari fosil gajah, hitung gigi T-Rex, gambar satu batu. Ortu boleh ikut misi, malah disarankan.', 'Tiket museum bayar di loket.'),
  (44, 'baca-ddia', 'agus_hermawan', 'itb', 'study', 5, null, '16:00', 2, 15, 0, false, 'public', 'Kelompok Baca DDIA bab 7: Transactions', 'Baca dulu babnya, bawa satu pertanyaan. Kita bahas write skew pakai contoh rebutan kursi travel Jakarta–Bandung.', 'Sudah baca bab 7, minimal sampai tengah.'),
  (45, 'selasar-sketsa', 'wulan_sasmita', 'selasar', 'art', 12, null, '10:00', 3, 15, 0, false, 'public', 'Sketch & Brunch di Selasar', 'Gambar bambu, bayangan, dan pisang goreng sebelum habis. Pulang bawa satu kartu pos buatan sendiri.', null),
  (46, 'film-kaa', 'qonita_zahra', 'merdeka', 'movies', -28, null, '13:00', 3, 50, 0, false, 'public', 'Nonton Dokumenter: Bandung 1955', 'Arsip gambar bergerak KAA, lalu ngobrol bareng dua guru sejarah. Anak-anak boleh ikut, ada pojok mewarnai.', null),
  (47, 'cuanki', 'asep_ridwan', 'gedungsate', 'food', -3, null, '15:30', 3, 20, 0, false, 'public', 'Hunting Cuanki & Batagor Gasibu', 'Lima gerobak, satu lembar penilaian: kuah, siomay kering, tingkat pelit sambalnya. Bayar masing-masing.', null),
  (48, 'creative-mixer', 'citra_lestari', 'pvj', 'networking', 21, null, '18:30', 3, 70, 50000, false, 'public', 'Bandung Creative Mixer', 'Desainer, ilustrator, copywriter, dan orang yang mau bayar mereka tepat waktu. Name tag ditulis pakai satu kata kerja, bukan jabatan.', null),
  (49, 'cikapundung', 'agus_hermawan', 'balaikota', 'other', 10, null, '07:00', 3, 60, 0, false, 'public', 'Bersih-Bersih Cikapundung', 'Kumpul di Taman Balai Kota, bagi tim, turun ke bantaran. Sarung tangan dan karung disediakan.', 'Sepatu boot.'),
  (50, 'rajut-bareng', 'wulan_sasmita', 'balaikota', 'other', 8, null, '09:30', 2, 8, 0, false, 'friends_only', 'Rajut Bareng, Teman Dekat', 'Lanjutin selimut yang dari Lebaran belum selesai-selesai itu. Aku bawa teh.', null),
  -- Yogyakarta
  (51, 'kopi-joss', 'joko_susilo', 'stasiuntugu', 'coffee', -8, null, '20:00', 3, 25, 0, false, 'public', 'Kopi Joss Utara Stasiun', 'Arang masuk gelas, bunyinya joss, obrolannya ke mana-mana. Lesehan, gantian bayar gorengan.', null),
  (52, 'kopi-joss-2', 'joko_susilo', 'tugu', 'coffee', 19, null, '20:00', 3, 25, 0, false, 'public', 'Kopi Joss & Tebak Lagu Campursari', 'Kali ini mulai dari Tugu, jalan kaki pelan-pelan ke angkringan. Yang kalah tebak lagu beli sate usus.', null),
  (53, 'tanah-basah', 'dimas_anggoro', 'jnm', 'art', -10, null, '10:00', 539, 300, 0, false, 'public', 'Pameran Bersama: Tanah Basah', 'Dua belas perupa, satu musim hujan. Cukil, keramik, dan satu instalasi yang memang bocor dengan sengaja. Buka 10.00–21.00.', null),
  (54, 'bedhaya', 'tari_anjani', 'tby', 'art', 6, null, '19:30', 2, 120, 35000, true, 'public', 'Pentas Tari: Bedhaya Wayah Udan', 'Karya baru untuk sembilan penari, digarap tujuh bulan. Tidak ada kursi empuk, tapi ada gamelan live.', 'Datang 15 menit sebelum mulai, pintu ditutup.'),
  (55, 'tamansari-jalan', 'pak_wid', 'tamansari', 'other', 3, null, '07:00', 2.5, 20, 0, false, 'public', 'Jalan Sejarah: Taman Sari yang Tidak di Brosur', 'Lorong, sumur gumuling, kampung cat warna-warni, dan gosip abad ke-18. Saya jalan pelan, anda tanya sepuasnya.', 'Bawa topi dan minum. Tiket masuk sendiri.'),
  (56, 'skripsi', 'xaver_bria', 'ugm', 'study', 2, null, '19:00', 3, 15, 0, false, 'public', 'Skripsi Bareng, Malas Sendirian', 'Duduk di selasar GSP, target satu paragraf. Dilarang bertanya “kapan sidang”.', null),
  (57, 'prambanan-run', 'dayang_meliana', 'prambanan', 'sports', -35, null, '05:30', 2.5, 40, 0, false, 'public', 'Lari Pagi Keliling Prambanan', 'Delapan kilometer lewat sawah dan jalan desa, balik pas candinya kena matahari. Slow pace, banyak berhenti foto.', null),
  (58, 'layar-tancap', 'gita_maharani', 'vredeburg', 'movies', 10, null, '19:00', 3, 150, 0, false, 'public', 'Layar Tancap Vredeburg', 'Proyektor tua, layar kain, film keluarga Indonesia yang hangat. Bawa tikar, jaket, dan jajan pasar. Hujan = pindah ke aula.', null),
  (59, 'gudeg', 'sari_kusuma', 'alkid', 'food', -13, null, '06:00', 3, 15, 0, false, 'public', 'Blusukan Gudeg & Lupis', 'Dari Alun-Alun Kidul keliling: lupis, gudeg kering, gudeg basah, jamu. Yang bilang gudeg terlalu manis boleh ikut, tapi kami doakan.', null),
  (60, 'cukil', 'dimas_anggoro', 'jnm', 'workshop', -20, null, '13:00', 4, 16, 65000, false, 'public', 'Workshop Cukil Kayu untuk Pemula', 'Gambar, cukil, tinta, cetak di kaus. Bahan termasuk, plester juga termasuk.', 'Kaus polos sendiri.'),
  (61, 'catan', 'xaver_bria', 'pakuwonjogja', 'gaming', 13, null, '16:00', 4, 16, 0, false, 'public', 'Catan Night: Domba Naik Harga', 'Empat meja Catan, satu meja Carcassonne untuk yang cinta damai. Diskusi harga domba maksimal dua menit.', null),
  (62, 'gigs-kotabaru', 'gita_maharani', 'kridosono', 'music', -45, null, '18:30', 4, 120, 75000, true, 'public', 'Gigs Kecil Kotabaru vol. 4', 'Empat band, panggung rendah, volume tinggi, selesai jam 22.30 biar tetangga tetap sayang. Kolektif, tanpa sponsor.', null),
  (63, 'perajin', 'sari_kusuma', 'tby', 'networking', 25, null, '10:00', 4, 50, 0, false, 'public', 'Kumpul Perajin Jogja: Harga yang Adil', 'Batik, perak, anyaman, gerabah. Kita bahas harga, hak cipta motif, dan cara bilang tidak ke reseller yang nawar setengah.', null),
  -- Surabaya
  (64, 'bungkul-yoga', 'melati_sukma', 'bungkul', 'sports', -17, 7, '06:00', 1.5, 60, 0, false, 'public', 'Yoga Minggu Pagi Taman Bungkul', 'Untuk pemula, untuk yang kaku, untuk yang ikut karena dipaksa pacar. Gratis, seikhlasnya untuk kebersihan taman.', 'Matras atau handuk besar.'),
  (65, 'bungkul-yoga-2', 'melati_sukma', 'bungkul', 'sports', 8, 7, '06:00', 1.5, 60, 0, false, 'public', 'Yoga Minggu Pagi: punggung & pinggang', 'Khusus buat kaum kursi kantor. Pelan, banyak napas, ada sesi meditasi sambil dengar suara CFD.', 'Matras atau handuk besar.'),
  (66, 'sketsa-balaipemuda', 'vania_halim', 'balaipemuda', 'art', 11, null, '08:00', 3, 20, 0, false, 'public', 'Sketsa Bangunan Tua: Balai Pemuda', 'Kita gambar kubah dan jendelanya, lalu ngobrol kenapa bangunan ini selamat sementara tetangganya tidak.', null),
  (67, 'sejarah-jalanan', 'lukman_hakim', 'tugupahlawan', 'study', -22, null, '15:30', 2.5, 30, 0, false, 'public', 'Kelas Sejarah Jalanan: 10 November', 'Dari Tugu Pahlawan ke Jembatan Merah jalan kaki. Bawa anak, bawa pertanyaan, nilai tidak dimasukkan rapor.', null),
  (68, 'arduino', 'hendra_wijaya', 'its', 'workshop', 15, null, '09:00', 5, 30, 40000, false, 'public', 'Arduino 101: Lampu, Sensor, Kebun', 'Dari LED kedip sampai penyiram tanaman otomatis. Kit dipinjamkan, boleh dibeli kalau jatuh cinta.', 'Laptop dengan port USB.'),
  (69, 'fc-night', 'kevin_gunawan', 'tunjungan', 'gaming', 7, null, '17:00', 4, 24, 25000, false, 'public', 'FC Night Tunjungan', 'Dua lawan dua, tim diundi, dilarang pakai tim bintang lima semua. Pemenang traktir es teler.', null),
  (70, 'retro-corner', 'kevin_gunawan', 'grandcity', 'gaming', -2, null, '10:00', 131, 80, 0, false, 'public', 'Retro Game Corner', 'Famicom, Mega Drive, Dreamcast, dan satu Nintendo 64 yang analognya sudah ikhlas. Main gratis, antre tertib, buka 10.00–21.00.', null),
  (71, 'kopi-sampoerna', 'vania_halim', 'sampoerna', 'coffee', 4, null, '15:00', 2, 15, 0, false, 'public', 'Kopi & Cerita Kota Lama', 'Ngopi di kafe sebelah museum, lihat foto lama Surabaya, lalu jalan ke Jembatan Merah kalau panasnya bersahabat.', null),
  (72, 'rawon', 'cak_arif', 'bungkul', 'food', -7, null, '19:00', 2, 20, 0, false, 'public', 'Rawon Malam, Sopo Melu?', 'Rawon kalkulator di sentra PKL belakang taman. Sing ngitung cepet dudu awake dewe, tapi masnya.', null),
  (73, 'nonton-monkasel', 'lukman_hakim', 'monkasel', 'movies', 22, null, '18:30', 2.5, 40, 0, false, 'public', 'Nonton Film Perang di Kapal Selam', 'Film pendek dokumenter angkatan laut, lalu masuk kapal selamnya. Yang klaustrofobia jaga tas.', null),
  (74, 'ekspor-101', 'hendra_wijaya', 'majapahit', 'networking', -33, null, '13:00', 4, 40, 100000, false, 'public', 'UMKM Ekspor 101', 'Dari keripik singkong ke rak Rotterdam: dokumen, kontainer campur, dan kesalahan seharga satu motor. Termasuk kopi dan kue.', null),
  (75, 'nonton-persebaya', 'cak_arif', 'tambaksari', 'sports', 9, null, '18:00', 3, 50, 0, false, 'public', 'Nonton Bajol Ijo Bareng', 'Kumpul di gerbang timur jam 18.00. Tiket beli dewe-dewe, nyanyi bareng-bareng.', null),
  -- Bali
  (76, 'sunset-jam', 'claire_d', 'batubolong', 'music', 5, null, '17:00', 2.5, 40, 0, false, 'public', 'Sunset Jam Session Batu Bolong', 'Acoustic only, no amps, no covers of Wonderwall (one per month is allowed). Bongo, ukulele, suling, semua boleh. Bawa sampahmu pulang.', null),
  (77, 'kuta-surf', 'komang_sudiarta', 'kuta', 'sports', -11, null, '06:30', 2, 10, 150000, false, 'public', 'Surf Pemula Kuta', 'Papan busa, ombak pinggang, janji berdiri minimal tiga kali. Termasuk papan, rash guard, dan kelapa muda.', 'Bisa berenang.'),
  (78, 'kuta-surf-2', 'komang_sudiarta', 'kuta', 'sports', 9, null, '06:30', 2, 10, 150000, false, 'public', 'Surf Pemula Kuta: ombak kedua', 'Buat yang kemarin sudah bisa berdiri. Belajar belok, belajar antre ombak, belajar minta maaf.', 'Pernah ikut kelas dasar.'),
  (79, 'batuan', 'dewa_arta', 'lukisan', 'workshop', 14, null, '10:00', 4, 15, 250000, true, 'public', 'Melukis Gaya Batuan di Puri Lukisan', 'Tinta, bambu runcing, lapis demi lapis. Termasuk tiket museum dan tur singkat koleksi Lempad. Satu hari tidak cukup, tapi cukup untuk jatuh cinta.', null),
  (80, 'wayang', 'dewa_arta', 'artcenter', 'art', -26, null, '19:00', 3, 80, 0, false, 'public', 'Wayang Cenk-Cenkan: Malam Belajar Dalang', 'Dalang muda gantian satu babak. Penonton boleh duduk di belakang kelir, malah lebih seru.', null),
  (81, 'bersih-sanur', 'kadek_ayuni', 'sanur', 'other', -4, null, '05:45', 2, 80, 0, false, 'public', 'Bersih Pantai Sanur & Sunrise', 'Satu jam pungut sampah, ditimbang, dicatat. Lalu duduk nonton matahari dan makan jaje bali.', 'Sarung tangan, botol minum.'),
  (82, 'sarapan-badung', 'kadek_ayuni', 'badung', 'food', 10, null, '06:00', 2, 12, 0, false, 'public', 'Sarapan di Pasar Badung', 'Nasi jinggo, bubur injin, laklak, dan tante lantai dua yang hafal pesanan saya. Bawa uang kecil.', null),
  (83, 'aksara-bali', 'nyoman_tirta', 'puputan', 'study', 12, null, '16:30', 1.5, 25, 0, false, 'public', 'Kelas Aksara Bali di Bale Lapangan', 'Anacaraka dari nol. Setelah satu sesi, anda bisa baca papan nama jalan. Setelah dua, bisa mengeluh soal salah tulisnya.', null),
  (84, 'remote-lunch', 'claire_d', 'beachwalk', 'networking', -19, null, '12:00', 2, 20, 0, false, 'public', 'Remote Workers Lunch, no pitching', 'Freelancers, locals, newcomers. One rule: nobody pitches crypto. Makan siang bareng, bayar sendiri-sendiri, tukar kontak kalau cocok.', null),
  (85, 'yoga-laksmi', 'made_laksmi', 'sanur', 'sports', 6, null, '06:15', 1.25, 8, 0, false, 'friends_only', 'Yoga Pasir, Lingkaran Kecil', 'Seperti biasa, di sebelah timur museum. Datang diam-diam, pulang diam-diam.', null),
  (86, 'layar-puputan', 'nyoman_tirta', 'puputan', 'movies', 16, null, '19:00', 2.5, 100, 0, false, 'public', 'Layar Tancap Puputan', 'Film berbahasa daerah dengan teks. Tikar sendiri, kacang rebus dari dagang depan.', null),
  (87, 'renon-run', 'putu_wirawan', 'renon', 'sports', 20, 7, '06:00', 1.5, 40, 0, false, 'public', 'Renon Morning Run', 'Tiga putaran Lapangan Renon mengelilingi Bajra Sandhi, lalu bubur. Selesai sebelum panas.', null),
  (88, 'festival-baca', 'hana_tjahjadi', 'literasi', 'other', 55, null, '10:00', 9, 400, 0, false, 'public', 'Hari Buku Bekas Blok M', 'Lapak buku bekas, panggung baca puisi, dan meja tukar buku. Pendaftaran lapak masih dibuka, gratis untuk penerbit kecil.', null),
  (89, 'jazz-prambanan', 'gita_maharani', 'prambanan', 'music', 48, null, '16:00', 6, 250, 175000, true, 'public', 'Sore Jazz di Pelataran', 'Line-up kolaborasi Yogya–Bali–Ambon. Candi sebagai latar, langit sebagai lampu. Early bird sampai habis.', 'Alas duduk, jas hujan.'),
  (90, 'nonton-dok', 'qonita_zahra', 'merdeka', 'movies', -57, null, '13:00', 3, 40, 0, false, 'public', 'Dokumenter & Teh Tawar', 'Satu film tentang sungai, satu teko teh, satu kotak donasi untuk relawannya.', null);

-- Bali uses Makassar time, the other cities Jakarta time.
update seed_events e
set id = ('e0000000-0000-4000-8000-' || lpad(e.number::text, 12, '0'))::uuid,
  host_id = p.id, city = v.city,
  starts = t.starts, ends = t.starts + interval '1 minute' * (e.hours * 60)::int,
  published = least(t.starts - interval '1 day' * (9 + e.number % 9), now() - interval '1 day' * (7 + e.number % 6)) - interval '47 minutes' * (e.number % 13)
from seed_events s
join seed_people p on p.username = s.host
join seed_venues v on v.slug = s.venue
cross join lateral (values (case v.city when 'bali' then 'Asia/Makassar' else 'Asia/Jakarta' end)) as z (zone)
cross join lateral (values ((now() at time zone z.zone)::date + s.day)) as d (date)
cross join lateral (values ((d.date + coalesce((s.dow - extract(isodow from d.date)::int + 7) % 7, 0) + s.at) at time zone z.zone)) as t (starts)
where s.number = e.number;

insert into event_service.events (id, host_id, title, description, category, start_time, end_time, location_name, location_address,
  location_lat, location_lng, max_attendees, price, is_free, privacy, requirements, ticketing_enabled, created_at, updated_at)
select e.id, e.host_id, e.title, e.description, e.category::event_service.event_category, e.starts, e.ends, v.name, v.address,
  v.lat, v.lng, e.seats, e.price, e.price = 0, e.privacy::event_service.event_privacy, e.requirements, e.ticketed, e.published, e.published
from seed_events e join seed_venues v on v.slug = e.venue
order by e.number;

-- Most events have a cover, every third a second image.
insert into event_service.event_images (event_id, image_url, order_index)
select e.id, 'https://picsum.photos/seed/' || e.slug || i.suffix || '/1200/800', i.position
from seed_events e
cross join (values (0, ''), (1, '-suasana')) as i (position, suffix)
where case i.position when 0 then e.number % 8 <> 5 else e.number % 3 = 0 and e.number % 8 <> 5 end;

-- Who can see whom, by the platform's rules: the rows below are distributed at random, but respect blocks,
-- hidden people and event privacy.
create temporary table seed_sees as
select a.id as viewer, b.id as person,
  exists (select 1 from seed_follows f where f.follower = a.id and f.following = b.id) as follows,
  exists (select 1 from seed_follows f where f.follower = a.id and f.following = b.id)
    and exists (select 1 from seed_follows f where f.follower = b.id and f.following = a.id) as mutual,
  not exists (select 1 from user_service.blocks k where (k.blocker_id, k.blocked_id) in ((a.id, b.id), (b.id, a.id))) as reachable,
  a.id = b.id or (
    not exists (select 1 from user_service.blocks k where (k.blocker_id, k.blocked_id) in ((a.id, b.id), (b.id, a.id)))
    and ((select up.profile_visible from user_service.user_privacy up where up.user_id = b.id)
      or exists (select 1 from seed_follows f where f.follower = a.id and f.following = b.id)
        and exists (select 1 from seed_follows f where f.follower = b.id and f.following = a.id))) as sees
from seed_people a cross join seed_people b;

create unique index on seed_sees (viewer, person);
analyze seed_sees;

-- Invitations. Everyone who accepts attends.
create temporary table seed_invitations (event text, inviter text, invitee text, status text, ago numeric);

insert into seed_invitations (event, inviter, invitee, status, ago) values
  ('makan-malam-nadia', 'nadia_puspita', 'ayu_prameswari', 'accepted', 6), ('makan-malam-nadia', 'nadia_puspita', 'hana_tjahjadi', 'accepted', 6),
  ('makan-malam-nadia', 'nadia_puspita', 'erika_siregar', 'pending', 5), ('makan-malam-nadia', 'nadia_puspita', 'ratna_dewi', 'declined', 5),
  ('potluck-menteng', 'ratna_dewi', 'ayu_prameswari', 'accepted', 3), ('potluck-menteng', 'ratna_dewi', 'maria_lapian', 'accepted', 3),
  ('potluck-menteng', 'ratna_dewi', 'olivia_tan', 'pending', 2),
  ('rajut-bareng', 'wulan_sasmita', 'qonita_zahra', 'accepted', 4), ('rajut-bareng', 'wulan_sasmita', 'intan_nurhaliza', 'declined', 4),
  ('yoga-laksmi', 'made_laksmi', 'kadek_ayuni', 'accepted', 2), ('yoga-laksmi', 'made_laksmi', 'claire_d', 'accepted', 2),
  ('kopi-sarinah', 'ayu_prameswari', 'bimasatrio', 'accepted', 27), ('kopi-sarinah', 'ayu_prameswari', 'lia_manurung', 'accepted', 26),
  ('kopi-sarinah', 'ayu_prameswari', 'nadia_puspita', 'declined', 26),
  ('kopi-takkie', 'ayu_prameswari', 'rara_ayunda', 'accepted', 2), ('kopi-takkie', 'ayu_prameswari', 'maria_lapian', 'accepted', 2),
  ('kopi-takkie', 'ayu_prameswari', 'erika_siregar', 'pending', 1),
  ('kopi-suropati', 'bimasatrio', 'andi_zaki', 'accepted', 3), ('kopi-suropati', 'bimasatrio', 'ayu_prameswari', 'pending', 3),
  ('kopi-suropati', 'bimasatrio', 'rangga_pratama', 'accepted', 2),
  ('cupping-nusantara', 'ayu_prameswari', 'citra_lestari', 'pending', 1),
  ('kopi-buku-tim', 'hana_tjahjadi', 'erika_siregar', 'accepted', 4), ('kopi-buku-tim', 'hana_tjahjadi', 'ratna_dewi', 'accepted', 4),
  ('kopi-banteng', 'andi_zaki', 'teuku_iqbal', 'accepted', 1), ('kopi-banteng', 'andi_zaki', 'rizal_chaniago', 'pending', 1),
  ('cfd-run', 'rangga_pratama', 'rara_ayunda', 'accepted', 1), ('cfd-run', 'rangga_pratama', 'togar_simanjuntak', 'accepted', 2),
  ('gbk-interval', 'rangga_pratama', 'reza_firmansyah', 'pending', 2),
  ('keroncong-kotatua', 'bang_mamat', 'sam_latuconsina', 'accepted', 38), ('kuliner-glodok', 'maria_lapian', 'olivia_tan', 'accepted', 18),
  ('kuliner-glodok', 'maria_lapian', 'lia_manurung', 'accepted', 18), ('kuliner-glodok', 'maria_lapian', 'rizal_chaniago', 'declined', 17),
  ('game-jam', 'naufal_azhar', 'reza_firmansyah', 'accepted', 8), ('game-jam', 'naufal_azhar', 'asep_ridwan', 'pending', 6),
  ('boardgame-tebet', 'lia_manurung', 'rara_ayunda', 'accepted', 2), ('boardgame-tebet', 'lia_manurung', 'erika_siregar', 'accepted', 2),
  ('noken', 'yohana_rumbiak', 'erika_siregar', 'pending', 1), ('malam-ambon', 'sam_latuconsina', 'bang_mamat', 'pending', 1),
  ('dev-meetup', 'fajar_ramadhan', 'agus_hermawan', 'accepted', 33), ('dev-meetup', 'fajar_ramadhan', 'naufal_azhar', 'accepted', 33),
  ('braga-kopi', 'citra_lestari', 'galih_permana', 'accepted', 22), ('braga-vinyl', 'galih_permana', 'citra_lestari', 'accepted', 2),
  ('tahura-trek-2', 'ardi_kurniawan', 'intan_nurhaliza', 'accepted', 1), ('baca-ddia', 'agus_hermawan', 'citra_lestari', 'declined', 3),
  ('museum-geologi', 'qonita_zahra', 'neng_dini', 'accepted', 12), ('tekken', 'asep_ridwan', 'galih_permana', 'accepted', 3),
  ('kopi-joss', 'joko_susilo', 'pak_wid', 'accepted', 15), ('kopi-joss', 'joko_susilo', 'xaver_bria', 'accepted', 15),
  ('tamansari-jalan', 'pak_wid', 'sari_kusuma', 'pending', 2), ('skripsi', 'xaver_bria', 'dayang_meliana', 'accepted', 3),
  ('layar-tancap', 'gita_maharani', 'tari_anjani', 'accepted', 1), ('cukil', 'dimas_anggoro', 'tari_anjani', 'accepted', 28),
  ('bungkul-yoga', 'melati_sukma', 'fitri_handayani', 'accepted', 24), ('rawon', 'cak_arif', 'lukman_hakim', 'accepted', 12),
  ('rawon', 'cak_arif', 'kevin_gunawan', 'accepted', 12), ('kopi-sampoerna', 'vania_halim', 'fitri_handayani', 'pending', 2),
  ('retro-corner', 'kevin_gunawan', 'cak_arif', 'accepted', 9), ('ekspor-101', 'hendra_wijaya', 'melati_sukma', 'declined', 41),
  ('bersih-sanur', 'kadek_ayuni', 'claire_d', 'accepted', 11), ('bersih-sanur', 'kadek_ayuni', 'putu_wirawan', 'accepted', 11),
  ('kuta-surf', 'komang_sudiarta', 'claire_d', 'accepted', 17), ('sunset-jam', 'claire_d', 'komang_sudiarta', 'accepted', 2),
  ('sunset-jam', 'claire_d', 'made_laksmi', 'declined', 2), ('wayang', 'dewa_arta', 'nyoman_tirta', 'accepted', 34);

insert into user_service.invitations (inviter_id, invitee_id, event_id, status, invited_at, responded_at)
select a.id, b.id, e.id, v.status::user_service.invitation_status, t.asked,
  case when v.status <> 'pending' then t.asked + interval '1 hour' * (1 + e.number % 9) end
from seed_invitations v
join seed_events e on e.slug = v.event
join seed_people a on a.username = v.inviter
join seed_people b on b.username = v.invitee
cross join lateral (values (greatest(e.published, now() - interval '1 day' * v.ago) + interval '3 minutes')) as t (asked);

-- Reviews, defined before the attendance, because every reviewer must have attended.
create temporary table seed_reviews (number int generated always as identity, event text, reviewer text, rating int, comment text);

insert into seed_reviews (event, reviewer, rating, comment) values
  ('kopi-sarinah', 'bimasatrio', 5, 'Kalah tebak tiga kali berturut-turut, tetap senang. Torajanya juara kalau sudah agak dingin.'),
  ('kopi-sarinah', 'lia_manurung', 4, 'Mbak Ayu sabar banget jelasin. Mejanya agak sempit, tapi jadi cepat kenal.'),
  ('kopi-sarinah', 'andi_zaki', 5, 'Akhirnya ada acara kopi yang nggak menghakimi orang yang pakai gula.'),
  ('kopi-galnas', 'hana_tjahjadi', 4, 'Debat soal Raden Saleh sampai satpamnya ikut nimbrung. Kopinya biasa, obrolannya tidak.'),
  ('kopi-galnas', 'ayu_prameswari', 5, 'Suka formatnya: jalan dulu, ngomong belakangan.'),
  ('ielts-perpusnas', 'fajar_ramadhan', 5, 'Esai saya dicoret merah semua dan saya berterima kasih. “Moreover” resmi pensiun.'),
  ('ielts-perpusnas', 'andi_zaki', 4, 'Padat. Kurang lama setengah jam untuk bahas contoh yang band 7.'),
  ('cfd-run-lalu', 'togar_simanjuntak', 5, 'Hujan, basah, ketawa. Pacernya beneran nungguin yang belakang (saya).'),
  ('cfd-run-lalu', 'bimasatrio', 4, 'Rute aman. Titik titip tasnya tolong dikasih penutup kalau hujan lagi.'),
  ('keroncong-kotatua', 'sam_latuconsina', 5, 'Bang Mamat main Jali-Jali, satu lapangan nyanyi. Merinding.'),
  ('keroncong-kotatua', 'maria_lapian', 5, 'Bawa mama dan tante dari Manado, mereka minta tambah tiga lagu. Tempat duduk kurang tapi tikar banyak.'),
  ('diskusi-horor', 'erika_siregar', 4, 'Pemantiknya tajam. Moderasinya sempat lepas waktu masuk soal jumpscare, tapi seru.'),
  ('diskusi-horor', 'ratna_dewi', 5, 'Pulang nggak berani lewat lorong parkiran. Berhasil.'),
  ('sketsa-galnas', 'ayu_prameswari', 5, 'Gambarku jelek dan nggak ada yang bohong bilang bagus. Sehat sekali komunitas ini.'),
  ('sketsa-galnas', 'yohana_rumbiak', 4, 'Teduh, tenang. Next time jangan pas ada lomba mewarnai di halaman yang sama 😅'),
  ('pameran-pasar', 'lia_manurung', 5, 'Foto ibu penjual cabai di Pasar Badung itu. Saya berdiri lima menit di depannya.'),
  ('pameran-pasar', 'hana_tjahjadi', 4, 'Kurasi rapi, teksnya pendek-pendek. Pencahayaan di lorong kiri agak memantul di kaca.'),
  ('kuliner-glodok', 'olivia_tan', 5, 'I grew up 15 minutes from here and still learned four new places. Cempedak gorengnya!!'),
  ('kuliner-glodok', 'lia_manurung', 5, 'Worth setiap rupiah. Kak Maria tahu nama semua penjualnya.'),
  ('kuliner-glodok', 'bang_mamat', 4, 'Enak, jelas mana halal mana kagak, aye aman. Kaki pegel dikit, maklum umur.'),
  ('game-jam', 'reza_firmansyah', 4, 'Baru jalan semalam, sudah bikin satu game jadi dan satu teman baru. Kopinya habis jam 2 pagi, tolong restock.'),
  ('dev-meetup', 'agus_hermawan', 5, 'Jauh-jauh dari Bandung dan nggak nyesel. Talk vacuum itu harusnya diberi trigger warning.'),
  ('dev-meetup', 'naufal_azhar', 4, 'Bagus, walau pizzanya kena race condition.'),
  ('dev-meetup', 'reza_firmansyah', 4, 'Slide migrasi tanpa downtime langsung saya forward ke tim. Ruangan kurang dingin.'),
  ('ontel', 'rangga_pratama', 5, 'Naik sepeda 1962 pakai blangkon jam 7 pagi di Gajah Mada. Nggak ada duanya.'),
  ('ontel', 'sam_latuconsina', 4, 'Rantai saya lepas dua kali dan dua-duanya ditolong bapak-bapak berbeda. Indah.'),
  ('kopi-dukuhatas', 'bimasatrio', 3, 'Idenya bagus tapi 07.00 hujan dan kita berdiri di bawah kanopi stasiun. Kopinya tetap panas untungnya.'),
  ('kopi-dukuhatas', 'rizal_chaniago', 5, 'Satu jam pas, dapat satu pemasok kopi baru. Efisien, macam mana tak suka.'),
  ('braga-kopi', 'galih_permana', 5, 'Cahaya jam 8.15 di depan toko roti lama. Sudah saya cetak 4R.'),
  ('braga-kopi', 'wulan_sasmita', 4, 'Jalannya pelan dan itu pujian. Kedai kedua penuh, sempat nunggu.'),
  ('tahura-trek', 'intan_nurhaliza', 5, 'Kang Ardi bawa P3K, bandrek, dan cerita hantu Gua Jepang. Lengkap.'),
  ('tahura-trek', 'asep_ridwan', 4, 'Katanya tempo keluarga. Keluarga siapa dulu nih. Tapi kopi di ujungnya menebus.'),
  ('museum-geologi', 'neng_dini', 5, 'Keponakan saya sekarang minta batu buat ulang tahun. Lembar misinya jenius.'),
  ('museum-geologi', 'citra_lestari', 4, 'Datang tanpa anak, tetap ikut misi, kalah sama anak umur tujuh.'),
  ('film-kaa', 'agus_hermawan', 5, 'Arsip yang belum pernah saya lihat, ditonton di gedung tempat kejadiannya. Berat di dada.'),
  ('film-kaa', 'galih_permana', 4, 'Suara proyektornya agak berdengung. Diskusinya bagus, guru yang dari Cimahi itu mantap.'),
  ('cuanki', 'intan_nurhaliza', 5, 'Gerobak nomor tiga. Tidak ada debat.'),
  ('cuanki', 'ardi_kurniawan', 4, 'Kenyang sampai malam. Lembar penilaiannya kena kuah semua.'),
  ('kopi-joss', 'pak_wid', 5, 'Anak-anak muda masih mau mendengar cerita lama. Kopinya cukup arang, tidak kurang.'),
  ('kopi-joss', 'xaver_bria', 4, 'Bab 4 tidak disinggung sampai gelas kedua. Terima kasih semuanya.'),
  ('tanah-basah', 'tari_anjani', 5, 'Instalasi bocornya bikin aku berdiri di bawahnya sepuluh menit. Bajuku basah, aku senang.'),
  ('tanah-basah', 'sari_kusuma', 4, 'Keramik lantai dua cantik sekali. Label harga tolong diperbesar.'),
  ('prambanan-run', 'xaver_bria', 3, 'Delapan kilometer “slow pace”, saya jalan lima. Pemandangannya bintang lima, betis saya bintang satu.'),
  ('prambanan-run', 'tari_anjani', 5, 'Matahari pas banget muncul di antara dua candi. Pocari gratis!'),
  ('gudeg', 'joko_susilo', 5, 'Lupisnya antre 40 menit, tapi ngobrolnya bikin nggak terasa.'),
  ('gudeg', 'dayang_meliana', 4, 'As a Pontianak person I was a gudeg skeptic. I have been converted by the krecek.'),
  ('cukil', 'tari_anjani', 5, 'Jari kena pisau satu kali, kaus jadi dua. Mas Dimas ngajarnya telaten.'),
  ('cukil', 'sari_kusuma', 5, 'Beda sensasinya dari canting. Tangan pegal, kepala kosong, enak.'),
  ('gigs-kotabaru', 'tari_anjani', 5, 'Selesai 22.28. Dua menit lebih awal dari janji. Panitia idaman.'),
  ('gigs-kotabaru', 'joko_susilo', 4, 'Band ketiga kekencangan buat kuping umur segini, tapi yang terakhir bikin nangis.'),
  ('gigs-kotabaru', 'galih_permana', 5, 'Naik kereta dari Bandung cuma buat ini. Worth it, merch-nya juga niat.'),
  ('bungkul-yoga', 'vania_halim', 5, 'Pinggang arsitek saya terselamatkan.'),
  ('bungkul-yoga', 'fitri_handayani', 4, 'Instruksinya jelas dan aman untuk pemula. Agak berisik waktu CFD mulai ramai.'),
  ('sejarah-jalanan', 'vania_halim', 5, 'Pak Lukman cerita soal jendela Hotel Yamato sambil nunjuk jendelanya. Guru begini harusnya diperbanyak.'),
  ('sejarah-jalanan', 'hendra_wijaya', 5, 'Anak saya tanya 19 pertanyaan, dijawab 19.'),
  ('retro-corner', 'cak_arif', 5, 'Umur 40 nangis gara-gara Winning Eleven PS1. Suwun Vin.'),
  ('retro-corner', 'lukman_hakim', 4, 'Bagus, ada kartu sejarah tiap konsol. Antrean Famicom panjang sekali sore hari.'),
  ('rawon', 'lukman_hakim', 5, 'Masnya menghitung total 11 piring dalam tiga detik. Benar semua, saya cek.'),
  ('rawon', 'kevin_gunawan', 4, 'Telur asinnya mantap. Parkirnya perjuangan.'),
  ('ekspor-101', 'vania_halim', 4, 'Bukan bidang saya, ikut karena penasaran, pulang paham incoterms. Ruangannya cantik sekali.'),
  ('ekspor-101', 'cak_arif', 3, 'Materi apik, tapi kecepeten kanggo sing lagek mulai. Kuene enak.'),
  ('kuta-surf', 'claire_d', 5, 'Stood up four times, fell forty. Komang never stopped smiling. Kelapa mudanya penting.'),
  ('kuta-surf', 'putu_wirawan', 4, 'Orang Bali 35 tahun baru bisa surfing. Terima kasih, Mang.'),
  ('wayang', 'nyoman_tirta', 5, 'Bahasa dalang mudanya rapi, anggah-ungguh terjaga. Harapan masih ada.'),
  ('wayang', 'kadek_ayuni', 4, 'Duduk di belakang kelir itu pengalaman lain. Nyamuknya juga pengalaman lain.'),
  ('bersih-sanur', 'claire_d', 5, '43 kg in one hour, mostly sachets. Then the sunrise. Jaje lupisnya enak sekali!'),
  ('bersih-sanur', 'putu_wirawan', 5, 'Ditimbang, dicatat, difoto. Rapi sekali pengelolaannya.'),
  ('remote-lunch', 'kadek_ayuni', 4, 'Kukira bakal canggung, ternyata pulang bawa dua relawan bersih pantai.'),
  ('remote-lunch', 'komang_sudiarta', 4, 'Cuma satu orang nyebut crypto dan langsung disuruh traktir.'),
  ('nonton-dok', 'agus_hermawan', 4, 'Filmnya pelan tapi menempel. Sesi tanya jawab dengan relawannya paling berkesan.');

-- Attendance of unticketed events: reviewers and accepted invitees first, then people by city and interests,
-- while there are seats.
create temporary table seed_attendance as
select e.id as event_id, c.person as user_id, c.certain, e.starts, e.ends, e.published,
  greatest(e.published, now() - interval '1 day' * c.joined) as from_when, least(e.starts, now()) as until_when,
  (hashtext('at' || c.username || e.slug) & 1023) / 1024.0 as chance
from seed_events e
cross join lateral (
  select c.*, row_number() over (order by c.certain desc, c.draw) as place
  from (
    select p.id as person, p.username, p.joined, w.certain, (hashtext(p.username || e.slug) & 1023) / 1024.0 as draw,
      case
        when w.certain then 1
        when e.privacy = 'private' or p.username = 'promo_kilat' or e.privacy = 'friends_only' and not s.mutual then 0
        when e.privacy = 'friends_only' then 0.7
        -- Jakarta has more people, so a lower probability suffices.
        when p.city = e.city and e.category = any (p.interests) then case e.city when 'jakarta' then 0.7 else 0.9 end
        when p.city = e.city then case e.city when 'jakarta' then 0.25 else 0.5 end
        when e.category = any (p.interests) then 0.03
        else 0
      end as wish
    from seed_people p
    join seed_sees s on s.viewer = p.id and s.person = e.host_id and s.reachable
    cross join lateral (select
      exists (select 1 from seed_reviews r where r.event = e.slug and r.reviewer = p.username)
      or exists (select 1 from seed_invitations i where i.event = e.slug and i.invitee = p.username and i.status = 'accepted')
        as certain,
      exists (select 1 from seed_invitations i where i.event = e.slug and i.invitee = p.username and i.status = 'declined') as declined) w
    where p.id <> e.host_id and not w.declined and now() - interval '1 day' * p.joined < least(e.starts, now()) - interval '2 hours'
  ) c
  where c.draw < c.wish or c.certain
) c
where not e.ticketed and c.place <= e.seats;

insert into event_service.event_attendees (event_id, user_id, status, joined_at)
select a.event_id, a.user_id,
  (case when a.certain then 'confirmed' when a.chance < 0.06 then 'cancelled'
    when a.chance < 0.17 and a.starts > now() then 'pending' else 'confirmed' end)::event_service.attendee_status,
  a.from_when + (a.until_when - a.from_when) * a.chance
from seed_attendance a
on conflict do nothing;

-- Questions about the events, most of them answered by the host.
create temporary table seed_questions (number int generated always as identity, event text, asker text, question text, answer text);

insert into seed_questions (event, asker, question, answer) values
  ('kopi-takkie', 'rara_ayunda', 'Kalau nggak minum kopi hitam, ada menu lain nggak kak?', 'Ada kopi susu es, itu malah andalannya. Teh juga ada 😊'),
  ('kopi-takkie', 'lia_manurung', 'Naik TransJakarta turun di mana paling dekat?', 'Halte Glodok, nyeberang, masuk Gang Gloria. Jalan 5 menit.'),
  ('kopi-takkie', 'bimasatrio', 'Bisa nambah satu orang? Teman kantor mau ikut.', null),
  ('kopi-suropati', 'ayu_prameswari', 'Boleh bawa kompor kecil buat moka pot?', 'Jangan yang gas ya, pernah ditegur petugas. Air panas dari termos aja.'),
  ('kopi-suropati', 'hana_tjahjadi', 'Kalau hujan pindah ke mana?', 'Ke teras perpustakaan Cikini, saya kabari di sini jam 6.'),
  ('cupping-nusantara', 'bimasatrio', 'Origin Wamena-nya natural atau washed?', 'Washed, panen terakhir. Ada satu natural dari Ijen buat pembanding.'),
  ('cupping-nusantara', 'olivia_tan', 'Is it okay for someone who normally drinks matcha?', 'More than okay. Beginners usually have the most honest notes.'),
  ('kopi-buku-tim', 'erika_siregar', 'Audiobook diitung baca nggak?', 'Diitung, asal pakai earphone dan nggak ketawa sendiri 😌'),
  ('kopi-banteng', 'bang_mamat', 'Pisang gorengnye pake sambel beneran?', 'Sambal beneran, Bang. Coba dulu baru protes.'),
  ('belajar-perpusnas', 'rara_ayunda', 'Harus daftar anggota dulu ya kak? KTP Palembang bisa?', 'Bisa KTP mana saja, daftarnya online 5 menit, ambil kartu di lantai 2.'),
  ('cfd-run', 'rara_ayunda', 'Aku belum pernah lari 5K, takut ketinggalan…', 'Ada sweeper di belakang, namanya Togar, suaranya kencang. Aman.'),
  ('cfd-run', 'andi_zaki', 'Titip tas ada?', 'Ada, di mobil bak dekat pos polisi. Jangan tinggal barang berharga.'),
  ('gbk-interval', 'bimasatrio', 'Masuknya dari pintu berapa kalau dari MRT Istora?', null),
  ('malam-ambon', 'maria_lapian', 'Papedanya ready sampai jam berapa? Saya dari Gading, macet.', 'Saya simpankan satu, Usi. Tapi jangan lewat set kedua.'),
  ('malam-ambon', 'rara_ayunda', 'Boleh duduk sendirian? Baru pindah, belum punya geng.', 'Ada meja panjang khusus yang datang sendiri. Nanti juga nyanyi bareng.'),
  ('film-pendek-tim', 'olivia_tan', 'Semua ada subtitle?', 'Semua, Indonesia dan Inggris. I would never.'),
  ('diskusi-horor', 'nadia_puspita', 'Cuplikannya seserem apa? Saya penakut tapi penasaran.', 'Dua sedang, satu berat. Dikasih aba-aba sebelum yang berat.'),
  ('sketsa-galnas', 'rara_ayunda', 'Pensil warna boleh?', 'Boleh banget!'),
  ('kuliner-glodok-2', 'erika_siregar', 'Yang vegetarian kebagian apa?', 'Enam dari sembilan titik ada opsinya: rujak Shanghai minus ubur-ubur, choi pan, es kopi, dan lain-lain.'),
  ('kuliner-glodok-2', 'rangga_pratama', 'Habis CFD langsung ke situ masih keburu?', null),
  ('game-jam', 'xaver_bria', 'Ada opsi ikut online dari Jogja?', 'Belum tahun ini, tapi temanya saya post jam 18.00 biar bisa ikut bayangan.'),
  ('game-jam', 'reza_firmansyah', 'Boleh pakai aset yang sudah ada?', null),
  ('boardgame-tebet', 'rara_ayunda', 'Kalau datang jam 4 masih bisa gabung?', 'Bisa, jam 4 biasanya kita baru selesai debat mau main apa.'),
  ('noken', 'ratna_dewi', 'Bahannya bikin gatal nggak kak? Kulitku sensitif.', 'Seratnya sudah direndam dan dihaluskan. Kalau ragu, bawa sarung tangan katun.'),
  ('menulis-esai', 'hana_tjahjadi', 'Boleh tulis pakai bahasa campur?', 'Boleh, asal campurnya sengaja.'),
  ('ukm-scbd', 'hendra_wijaya', 'Dibuka juga angka yang rugi?', 'Justru itu babak pertama, Koh.'),
  ('ukm-scbd', 'maria_lapian', 'Katering rumahan boleh ikut? Belum punya gerai.', null),
  ('dev-meetup-2', 'agus_hermawan', 'Rekamannya diunggah? Kereta terakhir ke Bandung jam 21.', 'Diunggah H+3. Slide H+0.'),
  ('donor-darah', 'lia_manurung', 'Habis minum kopi boleh donor?', 'Boleh, tapi minum air putih juga yang banyak. Makan dulu!'),
  ('lenong-tim', 'hana_tjahjadi', 'Boleh rekam video untuk arsip?', 'Boleh bener, malah aye minta kopiannye.'),
  ('braga-vinyl', 'asep_ridwan', 'Piringan Rhoma boleh?', 'Wajib malah.'),
  ('tekken', 'naufal_azhar', 'Versi berapa nih? 7 atau 8?', null),
  ('gasibu-run', 'neng_dini', 'Beneran pace ngobrol atau pace ngobrolnya atlet?', 'Beneran. Kalau aku nggak bisa gosip, kita jalan.'),
  ('tahura-trek-2', 'citra_lestari', 'Sandal gunung cukup?', 'Jalurnya licin, sepatu lebih aman. Saya ada dua pasang pinjaman ukuran 38 dan 42.'),
  ('museum-geologi', 'wulan_sasmita', 'Anak umur 4 boleh?', null),
  ('baca-ddia', 'fajar_ramadhan', 'Ikut sekali ini saja boleh? Kebetulan lagi di Bandung.', 'Boleh, asal bawa oleh-oleh cerita outage.'),
  ('selasar-sketsa', 'qonita_zahra', 'Ramah stroller nggak?', 'Halamannya bertangga, tapi sisi kafe aman. Nanti aku bantu angkat.'),
  ('bedhaya', 'sari_kusuma', 'Anak 7 tahun boleh masuk?', 'Boleh Mbak, duduk di baris samping biar gampang keluar kalau bosan.'),
  ('tamansari-jalan', 'dayang_meliana', 'Could you also explain a bit in English for my labmate?', 'Bisa, nggih. My English is old but still walking.'),
  ('skripsi', 'dayang_meliana', 'Tesis dihitung skripsi?', 'Dihitung dua paragraf.'),
  ('layar-tancap', 'joko_susilo', 'Jajan pasarnya boleh jualan nggak? Ibu saya mau buka lapak.', 'Boleh Mas! DM aku, masih ada dua meja.'),
  ('layar-tancap', 'xaver_bria', 'Filmnya apa?', null),
  ('catan', 'joko_susilo', 'Saya belum pernah main, diajari?', 'Diajari, meja pemula dekat jendela.'),
  ('bungkul-yoga-2', 'vania_halim', 'Yang punya HNP boleh ikut?', null),
  ('arduino', 'kevin_gunawan', 'Bisa dipakai bikin controller arcade?', 'Iso banget. Bawa tombolnya, sesi terakhir kita bongkar.'),
  ('retro-corner', 'cak_arif', 'Winning Eleven onok?', 'Onok Cak, PS1, stik asli.'),
  ('kopi-sampoerna', 'melati_sukma', 'Parkir motor aman sampai malam?', 'Aman, ada penjaganya sampai jam 19.'),
  ('sunset-jam', 'kadek_ayuni', 'Suling Bali boleh ikut? Keponakan saya bisa.', 'Please!! I have been waiting for a suling since March.'),
  ('kuta-surf-2', 'claire_d', 'If I can stand but not turn, do I qualify?', 'Bisa, Claire. Turning is for next life, we practice now.'),
  ('batuan', 'claire_d', 'Do I need to know how to draw?', 'Tidak perlu. Sabar saja, itu lebih susah.'),
  ('sarapan-badung', 'putu_wirawan', 'Jam 6 bubur injinnya belum habis?', 'Belum, kalau Bli tidak lari pagi dulu 😄'),
  ('aksara-bali', 'kadek_ayuni', 'Bawa buku khusus?', 'Buku kotak biasa saja, Dek.'),
  ('festival-baca', 'erika_siregar', 'Penerbit kecil dapat meja ukuran berapa?', null),
  ('jazz-prambanan', 'tari_anjani', 'Kalau hujan?', 'Tetap jalan kecuali petir. Jas hujan, bukan payung, ya.');

insert into event_service.event_qna (id, event_id, user_id, question, answer, answered_by, answered_at, is_answered, created_at, updated_at)
select ('f0000000-0000-4000-8000-' || lpad(q.number::text, 12, '0'))::uuid, e.id, p.id, q.question, q.answer,
  case when q.answer is not null then e.host_id end, case when q.answer is not null then t.asked + t.pause end,
  q.answer is not null, t.asked, case when q.answer is null then t.asked else t.asked + t.pause end
from seed_questions q
join seed_events e on e.slug = q.event
join seed_people p on p.username = q.asker
cross join lateral (select
  e.published + (least(e.starts, now()) - e.published) * (0.2 + 0.6 * (hashtext(q.question) & 1023) / 1024.0) as asked,
  (least(e.starts, now()) - e.published) * 0.15 * (1 + q.number % 7) / 8 as pause) t
order by q.number;

-- Upvotes of questions.
insert into event_service.qna_upvotes (question_id, user_id)
select q.id, p.id
from event_service.event_qna q
join seed_events e on e.id = q.event_id and e.privacy = 'public'
join seed_people p on p.city = e.city and p.id not in (q.user_id, e.host_id) and p.username <> 'promo_kilat'
join seed_sees a on a.viewer = p.id and a.person = q.user_id and a.sees
join seed_sees h on h.viewer = p.id and h.person = e.host_id and h.reachable
where hashtext(p.username || q.question) & 7 = 0;

-- Tickets: active for upcoming events, checked in for the past one. Prices are the event's.
create temporary table seed_tickets (event text, buyers text);

insert into seed_tickets (event, buyers) values
  ('cupping-nusantara', 'bimasatrio erika_siregar lia_manurung hana_tjahjadi olivia_tan andi_zaki'),
  ('malam-ambon', 'maria_lapian togar_simanjuntak yohana_rumbiak rara_ayunda bimasatrio ayu_prameswari reza_firmansyah'),
  ('film-pendek-tim', 'olivia_tan erika_siregar nadia_puspita naufal_azhar ratna_dewi'),
  ('noken', 'olivia_tan lia_manurung ratna_dewi'),
  ('udjo-angklung', 'intan_nurhaliza qonita_zahra galih_permana citra_lestari'),
  ('bedhaya', 'gita_maharani sari_kusuma dayang_meliana pak_wid joko_susilo'),
  ('batuan', 'claire_d nyoman_tirta kadek_ayuni'),
  ('gigs-kotabaru', 'tari_anjani xaver_bria dayang_meliana joko_susilo sari_kusuma galih_permana');

insert into ticket_service.tickets (id, user_id, event_id, attendance_code, price_paid, currency, purchased_at, is_checked_in, checked_in_at, status)
select ('70000000-0000-4000-8000-' || lpad((row_number() over (order by e.number, p.number))::text, 12, '0'))::uuid,
  p.id, e.id, translate(upper(left(md5(e.slug || p.username), 8)), '01', 'XY'), e.price, 'IDR', t.bought,
  e.starts < now() and p.username <> 'xaver_bria',
  case when e.starts < now() and p.username <> 'xaver_bria' then e.starts - interval '1 minute' * (p.number % 25) end, 'active'
from seed_tickets s
join seed_events e on e.slug = s.event
join seed_people p on p.username = any (string_to_array(s.buyers, ' '))
cross join lateral (values (e.published + (least(e.starts, now()) - e.published) * (0.1 + 0.8 * (hashtext(p.username || e.slug) & 1023) / 1024.0))) as t (bought);

insert into ticket_service.ticket_transactions (ticket_id, transaction_id, amount, currency, payment_method, status, created_at, completed_at, outcome)
select t.id, 'demo-' || right(t.id::text, 4), t.price_paid, t.currency,
  (array['qris', 'gopay', 'ovo', 'virtual_account'])[1 + (hashtext(t.id::text) & 3)], 'success', t.purchased_at, t.purchased_at + interval '40 seconds', 'activated'
from ticket_service.tickets t
where t.id::text like '70000000-%';

-- Paid in the sandbox, which accepts every refund.
insert into ticket_private.attempts (id, ticket_id, provider, amount, currency, title, state, started_at, expires_at)
select x.id, x.ticket_id, 'sandbox', x.amount, x.currency, '', 'closed', x.created_at, x.created_at + interval '32 minutes'
from ticket_service.ticket_transactions x
where x.transaction_id like 'demo-%' and x.amount > 0;

insert into ticket_private.payments (provider, provider_id, attempt_id, ticket_id, transaction_id, state, amount, currency, method, outcome, has_bought, first_told_at)
select 'sandbox', x.transaction_id, x.id, x.ticket_id, x.id, 'paid', x.amount, x.currency, x.payment_method, 'activated', true, x.completed_at
from ticket_service.ticket_transactions x
where x.transaction_id like 'demo-%' and x.amount > 0;

insert into ticket_private.journal_entries (ticket_id, transaction_id, kind, amount, currency, recorded_at)
select x.ticket_id, x.id, 'captured', x.amount, x.currency, x.completed_at
from ticket_service.ticket_transactions x
where x.transaction_id like 'demo-%' and x.amount > 0;

insert into event_service.reviews (id, event_id, reviewer_id, rating, comment, created_at, updated_at)
select ('90000000-0000-4000-8000-' || lpad(r.number::text, 12, '0'))::uuid, e.id, p.id, r.rating, r.comment, t.written, t.written
from seed_reviews r
join seed_events e on e.slug = r.event
join seed_people p on p.username = r.reviewer
cross join lateral (values (least(e.ends + interval '1 hour' * (2 + hashtext(r.comment) & 63), now() - interval '11 minutes' * (1 + r.number % 17)))) as t (written)
where e.starts < now()
order by r.number;

-- Posts. `day` is in days ago and `at` the time in Jakarta; `event` is the attached event of a text_with_event
-- and the subject of any other type.
create temporary table seed_posts (
  number int primary key, author text, type text, visibility text, day int, at time, event text, content text,
  id uuid, author_id uuid, written timestamptz
);

insert into seed_posts (number, author, type, visibility, day, at, event, content) values
  (1, 'ayu_prameswari', 'text_with_event', 'public', 2, '08:12', 'kopi-takkie', 'Sebentar lagi kita ke Tak Kie. Aturannya cuma dua: datang sebelum 07.30 dan jangan tanya “ada oat milk nggak”.'),
  (2, 'ayu_prameswari', 'text', 'public', 33, '21:40', null, 'Hot take: kopi hotel bintang lima di Thamrin kalah sama kopi abang sepeda depan Sarinah. Bukan romantis, memang ekstraksinya lebih benar.'),
  (3, 'ayu_prameswari', 'text_with_images', 'public', 20, '19:05', 'kopi-sarinah', 'Meja panjang kemarin sore di Sarinah. Skor akhir: Gayo 3, Toraja 6. Yang tebak benar semua: nggak ada 😂'),
  (4, 'bimasatrio', 'text', 'public', 1, '06:20', null, 'Termos ketiga resmi ditemukan di rumah mantan. Diserahkan dengan damai. Piknik Suropati aman.'),
  (5, 'bimasatrio', 'poll', 'public', 4, '12:15', 'kopi-suropati', 'Buat piknik manual brew nanti, air panas mau suhu berapa sih kalian? Saya cuma bisa satu setting.'),
  (6, 'bimasatrio', 'text_with_images', 'public', 14, '17:30', null, 'Langit Cikini habis hujan. Tanpa filter, cuma kabel listrik sebagai bumbu.'),
  (7, 'citra_lestari', 'text_with_images', 'public', 15, '20:10', 'braga-kopi', 'Hasil motret Braga pagi. Frame 12 milik Galih, saya cuma tukang tekan shutter yang iri.'),
  (8, 'citra_lestari', 'text_with_event', 'public', 3, '10:00', 'creative-mixer', 'Tolong ajak satu klien yang bayarnya tepat waktu. Saya traktir dua-duanya.'),
  (9, 'citra_lestari', 'text', 'followers', 9, '23:15', null, 'Resign-ku diterima hari ini. Takut, lega, lapar. Dalam urutan itu.'),
  (10, 'dewa_arta', 'text_with_images', 'public', 7, '15:45', null, 'Murid umur delapan tahun: “Pak, kenapa Batuan gelap?” Saya jawab: supaya kamu mendekat. Besoknya dia gambar malam penuh kunang-kunang.'),
  (11, 'dewa_arta', 'text_with_event', 'public', 5, '09:20', 'batuan', 'Bambu runcing sudah saya siapkan 15 batang. Yang takut salah garis, justru itu pelajarannya.'),
  (12, 'erika_siregar', 'text', 'public', 6, '07:55', null, 'Kata yang saya hapus paling banyak minggu ini: “sangat”. Kata yang saya tambahkan paling banyak: “belum”.'),
  (13, 'erika_siregar', 'text_with_event', 'public', 2, '13:30', 'menulis-esai', 'Kelas nulis bulan ini gratis lagi. Modalnya satu kejadian kecil. Kalau merasa hidupmu datar, justru kamu yang saya cari.'),
  (14, 'erika_siregar', 'poll', 'public', 12, '19:45', null, 'Pertanyaan serius dari meja editor: “di mana” vs “dimana”, kalau lihat salah tulis di undangan kawinan, kalian…'),
  (15, 'erika_siregar', 'text', 'followers', 18, '22:05', null, 'Bapak hari ini telepon cuma buat bilang nangka di kampung sudah masak. Tiga menit. Nangis 20 menit.'),
  (16, 'fajar_ramadhan', 'text', 'public', 24, '08:30', 'dev-meetup', 'Terima kasih semua yang datang semalam! Slide sudah naik. Pertanyaan paling sering: “bang, boleh nggak indexnya dihapus aja?” Boleh. Kadang wajib.'),
  (17, 'fajar_ramadhan', 'text_with_event', 'public', 4, '09:40', 'dev-meetup-2', 'Butuh dua pembicara lightning talk. Syarat: pernah salah di produksi dan bisa ketawa soal itu.'),
  (18, 'fajar_ramadhan', 'text', 'public', 10, '03:47', null, 'Jam 3 pagi: bayi nangis, pager bunyi, dua-duanya bilang disk penuh.'),
  (19, 'fajar_ramadhan', 'poll', 'public', 19, '16:00', null, 'Migrasi skema kalian dijalankan oleh…'),
  (20, 'gita_maharani', 'text_with_event', 'public', 3, '18:20', 'layar-tancap', 'Proyektor tua sudah diservis Pak Slamet, layar kain sudah dicuci, tinggal kalian dan cuaca yang baik.'),
  (21, 'gita_maharani', 'text', 'public', 42, '23:40', 'gigs-kotabaru', 'Tetangga sebelah panggung kirim pesan: “Mbak, lagu terakhir apa judulnya? Anak saya suka.” Empat tahun bikin gigs, ini review terbaik.'),
  (22, 'gita_maharani', 'text', 'public', 11, '14:10', null, 'Ada yang punya ampli bass nganggur di sekitar Kotabaru? Butuh satu malam, dijaga seperti anak sendiri.'),
  (23, 'hendra_wijaya', 'text_with_event', 'public', 6, '20:30', 'arduino', 'Kit sudah lengkap 30 set, kabel jumper saya hitung sendiri sampai jam satu pagi. Istri: “iki kerjo opo hobi?” Yo dua-duane.'),
  (24, 'hendra_wijaya', 'text', 'public', 28, '07:10', null, 'Kontainer pertama ke Rotterdam tiba tanpa satu bungkus pun remuk. Rahasianya: kardus lebih mahal, tidur lebih murah.'),
  (25, 'intan_nurhaliza', 'text_with_images', 'public', 8, '10:25', null, 'Lari 10K pertama tahun ini! Pace 7:42, kecepatan siput, senyum kecepatan cahaya.'),
  (26, 'intan_nurhaliza', 'text_with_event', 'public', 2, '19:15', 'gasibu-run', 'Minggu depan Gasibu. Yang bilang “aku lambat” justru diwajibkan ikut.'),
  (27, 'intan_nurhaliza', 'poll', 'public', 2, '20:45', 'gasibu-run', 'Habis lari makan apa? Ini lebih penting dari rutenya.'),
  (28, 'joko_susilo', 'text', 'public', 7, '00:35', 'kopi-joss', 'Semalam 31 gelas, 0 yang pulang sebelum tengah malam. Pak Wid cerita soal bioskop Permata sampai penjualnya ikut duduk.'),
  (29, 'joko_susilo', 'text', 'public', 25, '21:20', null, 'Sego kucing naik jadi tiga ribu. Bukan soal uangnya, soal perasaannya.'),
  (30, 'joko_susilo', 'text_with_event', 'public', 1, '20:05', 'kopi-joss-2', 'Siapkan lagu campursari andalan. Didi Kempot kita pisah kategori sendiri biar adil.'),
  (31, 'kadek_ayuni', 'text_with_images', 'public', 4, '09:30', 'bersih-sanur', '43 kg pagi ini, dan 31 kg di antaranya sachet. Terima kasih semua tangan yang pegal. Bulan depan kita bawa timbangan yang lebih besar.'),
  (32, 'kadek_ayuni', 'text', 'public', 16, '05:58', null, 'Sanur jam enam kurang: anjing lari, bapak-bapak gosip, matahari datang tanpa diminta. Cukup.'),
  (33, 'kadek_ayuni', 'text_with_event', 'public', 3, '07:05', 'sarapan-badung', 'Tante laklak sudah saya kasih tahu akan ada rombongan. Jawabannya: “jangan telat, gula merahnya nggak nunggu.”'),
  (34, 'lukman_hakim', 'text_with_images', 'public', 21, '19:50', 'sejarah-jalanan', 'Murid saya yang paling pendiam bertanya paling banyak di Jembatan Merah. Kelas memang kadang perlu dibawa keluar dari kelas.'),
  (35, 'lukman_hakim', 'text', 'public', 9, '06:45', null, 'Nama-nama jalan itu buku sejarah yang paling sering kita lewati dan paling jarang kita baca.'),
  (36, 'lukman_hakim', 'text_with_event', 'public', 2, '16:40', 'nonton-monkasel', 'Kursinya 40, kapal selamnya asli, AC-nya insyaallah.'),
  (37, 'maria_lapian', 'text_with_images', 'public', 11, '14:00', 'kuliner-glodok', 'Rute kemarin: choi pan, mi kangkung, nasi ulam, es selendang mayang, cempedak… Total 11.400 langkah, minus kalori nol.'),
  (38, 'maria_lapian', 'text_with_event', 'public', 5, '11:10', 'kuliner-glodok-2', 'Jilid dua dibuka! 14 kursi, dan saya serius soal perut kosong.'),
  (39, 'maria_lapian', 'text', 'public', 30, '18:25', null, 'Orang Jakarta bilang “ini pedas banget” sambil makan rica kita yang versi anak sekolah minggu. Kasihan tapi lucu.'),
  (40, 'maria_lapian', 'poll', 'public', 8, '12:30', null, 'Pembagian wilayah perbuburan. Bubur ayam, diaduk atau tidak?'),
  (41, 'naufal_azhar', 'text_with_event', 'public', 6, '22:10', 'game-jam', 'Pendaftaran game jam masih buka. Yang solo nanti kucomblangin jadi tim, tingkat keberhasilan 80%.'),
  (42, 'naufal_azhar', 'text', 'public', 0, '01:30', 'game-jam', 'Jam segini di Anggrek: 12 kasur lipat, tiga galon kopi, satu bug yang membuat semua NPC berjalan ke arah kiblat. Kita anggap fitur.'),
  (43, 'naufal_azhar', 'text', 'public', 27, '15:15', null, 'Update penjualan game saya: 44 pembeli. Yang ke-44 bukan keluarga. Hari bersejarah.'),
  (44, 'olivia_tan', 'text_with_images', 'public', 5, '16:20', 'sketsa-galnas', 'Drew the same trembesi tree 6 times, got 6 different trees. Terima kasih pak satpam yang berpose dua jam tanpa sadar.'),
  (45, 'olivia_tan', 'text_with_event', 'public', 3, '11:35', 'pameran-pasar', 'Pamerannya sudah buka! Aku jaga meja sore ini. Come say hi, I have stickers.'),
  (46, 'olivia_tan', 'text', 'public', 17, '22:50', null, 'KRL jam 18.10, gerbong 4: bapak tidur sambil berdiri dengan satu jari di pegangan. Balet.'),
  (47, 'putu_wirawan', 'text', 'public', 13, '21:00', null, 'Jam 9 malam dan saya masih bangun. Ada apa dengan generasi saya.'),
  (48, 'putu_wirawan', 'text_with_event', 'public', 1, '06:50', 'renon-run', 'Tiga putaran Renon, satu mangkuk bubur. Matematika yang saya pahami.'),
  (49, 'qonita_zahra', 'text_with_images', 'public', 5, '20:00', 'museum-geologi', 'Anak kedua menggambar batu andesit dan memberinya nama Udin. Sekarang Udin harus ikut kami ke mana-mana.'),
  (50, 'qonita_zahra', 'text', 'public', 22, '09:15', null, 'Ada rekomendasi perpustakaan di Bandung yang ramah anak dan boleh agak berisik? Yang di dekat Ujungberung kalau bisa.'),
  (51, 'rangga_pratama', 'text_with_event', 'public', 1, '17:45', 'cfd-run', 'CFD minggu ini: 5K, pace ngobrol, soto Bu Yati. Ada nama-nama baru di daftar, tolong jangan kalian takut-takuti soal km 4.'),
  (52, 'rangga_pratama', 'text_with_images', 'public', 10, '10:30', 'cfd-run-lalu', 'Lari hujan edisi kemarin. Sepatu basah empat hari, grup chat hidup selamanya.'),
  (53, 'rangga_pratama', 'text', 'public', 26, '05:15', null, 'Mimpi telat start marathon. Kaki beneran pegal waktu bangun. Apakah dihitung long run?'),
  (54, 'rangga_pratama', 'poll', 'public', 7, '20:20', null, 'Sepatu lari paling lama kalian pakai berapa kilometer sebelum pensiun?'),
  (55, 'sari_kusuma', 'text', 'public', 12, '15:00', 'gudeg', 'Lupis antre 40 menit dan tidak ada satu pun yang mengeluh. Makanan yang sabar mengumpulkan orang yang sabar.'),
  (56, 'sari_kusuma', 'text_with_event', 'public', 4, '08:45', 'perajin', 'Reseller minggu ini menawar batik tulis tiga minggu kerja seharga kaus. Mari kita kumpul dan belajar bilang tidak dengan anggun.'),
  (57, 'togar_simanjuntak', 'text', 'public', 15, '12:05', null, 'Donor ke-31 selesai. Perawatnya bilang nadi saya bagus. Bah, akhirnya ada yang memuji.'),
  (58, 'togar_simanjuntak', 'text_with_event', 'public', 2, '10:10', 'donor-darah', 'Yang takut jarum: tangan saya besar, hangat, dan tersedia. Ayo donor kita.'),
  (59, 'togar_simanjuntak', 'text', 'public', 1, '19:30', 'nobar-timnas', 'Mohon maaf lae ito semua, izin layar di Parkir Timur ditolak. Nobar BATAL. Kita nonton masing-masing tapi teriaknya barengan.'),
  (60, 'rizal_chaniago', 'text', 'public', 13, '06:30', null, 'Harga cabai pagi ini 92 ribu. Kalau gulai saya terasa lebih lembut minggu ini, itu bukan inovasi, itu inflasi.'),
  (61, 'rizal_chaniago', 'text_with_event', 'public', 5, '14:50', 'ukm-scbd', 'Lima orang buka angka sungguhan. Tidak ada motivator, tidak ada “passive income”. Ambo jamin.'),
  (62, 'vania_halim', 'text_with_images', 'public', 6, '17:10', null, 'Jendela lengkung di Kembang Jepun, digambar sambil berdiri 40 menit di depan toko baut. Pemiliknya kasih kursi di menit ke-35.'),
  (63, 'vania_halim', 'text_with_event', 'public', 2, '09:00', 'kopi-sampoerna', 'Habis ngopi kita jalan ke Jembatan Merah. Bawa topi, Surabaya tidak bercanda soal matahari.'),
  (64, 'wulan_sasmita', 'text_with_images', 'public', 9, '16:05', null, 'Misro tidur di atas rajutan yang baru 60% jadi. Proyek resmi selesai di 60%.'),
  (65, 'wulan_sasmita', 'text_with_event', 'public', 3, '19:20', 'selasar-sketsa', 'Pisang goreng Selasar biasanya habis jam 11. Datang jam 10, gambar cepat, makan lambat.'),
  (66, 'xaver_bria', 'text', 'public', 1, '23:55', 'skripsi', 'Target malam ini satu paragraf. Hasil: judul subbab. Besok lagi.'),
  (67, 'xaver_bria', 'text_with_event', 'public', 4, '16:15', 'catan', 'Beta su siap jadi tuan tanah. Satu domba dua kayu, tidak kurang.'),
  (68, 'yohana_rumbiak', 'text_with_images', 'public', 8, '11:00', null, 'Noken pesanan untuk wisuda ponakan. Tiga minggu, satu lagu yang diulang-ulang, nol kali bongkar. Hampir.'),
  (69, 'yohana_rumbiak', 'text_with_event', 'public', 2, '15:30', 'noken', 'Serat sudah datang dari kampung. Tangan siapa saja boleh belajar, yang penting duduk dulu dan sabar.'),
  (70, 'andi_zaki', 'text_with_event', 'public', 1, '05:40', 'kopi-banteng', 'Pisang goreng, sambal, kopi hitam, matahari. Kalau masih kurang berarti kamu kurang tidur.'),
  (71, 'andi_zaki', 'text', 'public', 20, '13:00', null, 'Ketemu coto di Kwitang yang kuahnya pakai air cucian beras beneran. Saya diam lima menit. Alamat menyusul kalau saya sudah rela berbagi.'),
  (72, 'teuku_iqbal', 'text', 'public', 6, '22:30', null, 'Pulang ke Banda bulan depan. Yang mau titip kopi, list di komentar, maksimal satu koper.'),
  (73, 'ratna_dewi', 'text', 'followers', 3, '20:50', 'potluck-menteng', 'Sambal kacang percobaan ketiga: akhirnya tidak seperti semen. Potluck selamat.'),
  (74, 'ratna_dewi', 'text_with_images', 'public', 19, '12:45', null, 'Nasi kuning enam porsi untuk empat orang. Hitungan ibu-ibu selalu benar.'),
  (75, 'nadia_puspita', 'text', 'followers', 5, '23:30', null, 'Lulus. L U L U S. Tiga kali ujian, dua kali nangis di toilet PN, satu kali ini.'),
  (76, 'nadia_puspita', 'text', 'private', 24, '01:05', null, 'Catatan untuk diri sendiri: kalau ujian ini gagal lagi, tetap traktir diri nonton.'),
  (77, 'reza_firmansyah', 'text', 'public', 9, '21:45', null, 'Dashboard saya akhirnya dibuka bos. Dua detik. Lalu minta di-export ke Excel.'),
  (78, 'reza_firmansyah', 'poll', 'public', 3, '17:20', null, 'Mabar Jumat malam ini main apa?'),
  (79, 'lia_manurung', 'text_with_event', 'public', 2, '12:00', 'boardgame-tebet', 'Koper board game sudah dipak, 14 kg. Kalau ada yang mau gendong, naik level jadi sahabat.'),
  (80, 'lia_manurung', 'text_with_images', 'public', 16, '18:15', null, 'Game nomor 63 masuk rak. Raknya miring 4 derajat. Mari kita bahas nanti.'),
  (81, 'bang_mamat', 'text', 'public', 29, '20:00', 'keroncong-kotatua', 'Makasih nyang udeh dateng keroncongan. Ade bule nangis pas Kicir-Kicir, aye juga nggak ngarti kenape.'),
  (82, 'bang_mamat', 'text_with_event', 'public', 4, '16:30', 'lenong-tim', 'Nyari nyang mau jadi centeng: badan boleh kecil, kumis boleh tempel.'),
  (83, 'bang_mamat', 'text', 'public', 10, '07:20', null, 'Roti buaye sekarang ade rasa matcha. Aye kagak marah, cuman diem aje.'),
  (84, 'hana_tjahjadi', 'text_with_event', 'public', 1, '10:40', 'film-pendek-tim', 'Film dari Palu itu 11 menit dan saya belum selesai memikirkannya sejak Maret. Datang ya.'),
  (85, 'hana_tjahjadi', 'text', 'public', 17, '13:20', 'diskusi-horor', 'Kesimpulan diskusi kemarin: kita takut pada lorong, bukan pada hantunya. Arsitek horor terbaik ternyata developer apartemen.'),
  (86, 'hana_tjahjadi', 'poll', 'public', 6, '19:00', null, 'Nonton film di bioskop paling enak duduk di baris…'),
  (87, 'sam_latuconsina', 'text_with_event', 'public', 3, '21:10', 'malam-ambon', 'Latihan terakhir tadi malam, Oma nonton lewat video call dan minta kunci lagunya diturunkan. Siap, Oma.'),
  (88, 'sam_latuconsina', 'text', 'public', 18, '02:10', null, 'Habis manggung di kafe yang penontonnya tiga orang. Yang satu bertepuk tangan seperti tiga puluh. Terima kasih, mbak baju hijau.'),
  (89, 'rara_ayunda', 'text', 'public', 20, '19:25', null, 'Hari ke-4 di Jakarta: sudah nyasar di Dukuh Atas tiga kali, sudah beli payung dua kali. Ada yang bisa jadi teman jalan? 🥲'),
  (90, 'rara_ayunda', 'text', 'public', 7, '20:15', null, 'Pempek di Jakarta kenapa cukonya manis semua?? Wong kito tolong aku.'),
  (91, 'rara_ayunda', 'text', 'public', 1, '21:30', null, 'Besok-besok pertama kali ikut lari bareng, ngopi bareng, DAN main board game. Tiga minggu lalu aku nggak kenal siapa-siapa di kota ini.'),
  (92, 'promo_kilat', 'text', 'public', 31, '09:00', null, '🔥 FLASH SALE 🔥 Power bank 50.000 mAh cuma 49rb!!! Order sebelum jam 12. Cek link di profil.'),
  (93, 'promo_kilat', 'text', 'public', 14, '09:00', null, '🔥 MASIH ADA 🔥 Followers aktif Indonesia, garansi 30 hari. Serius only.'),
  (94, 'agus_hermawan', 'text', 'public', 11, '22:00', null, 'Baca bab 7 malam-malam lalu bermimpi dua travel menjual kursi yang sama. Write skew masuk ke alam bawah sadar.'),
  (95, 'agus_hermawan', 'text_with_event', 'public', 2, '08:15', 'baca-ddia', 'Baca dulu babnya, ya. Ini kelompok baca, bukan kelompok dibacakan.'),
  (96, 'agus_hermawan', 'text', 'public', 1, '15:05', 'cikapundung', 'Debit Cikapundung naik sejak tadi pagi, petugas tidak mengizinkan turun ke bantaran. Acara bersih-bersih dibatalkan, jadwal baru menyusul.'),
  (97, 'ardi_kurniawan', 'text_with_images', 'public', 6, '15:30', 'tahura-trek', 'Semua yang naik sudah turun, satu botol tertinggal dan sudah saya jemput lagi.'),
  (98, 'ardi_kurniawan', 'text_with_event', 'public', 2, '18:00', 'tahura-trek-2', 'Jalur Curug Omas lagi bagus-bagusnya habis hujan. Artinya: bagus dan licin.'),
  (99, 'galih_permana', 'text_with_event', 'public', 3, '22:20', 'braga-vinyl', 'Bawa satu piringan dan satu alasan. Kalau alasannya “warisan mantan”, dapat urutan pertama.'),
  (100, 'galih_permana', 'text_with_images', 'public', 24, '17:00', null, 'Dapat Dara Puspita tahun 67 di Pasar Cihapit, sampulnya sobek, isinya utuh. Hari ini saya orang kaya.'),
  (101, 'neng_dini', 'text', 'public', 13, '13:45', null, 'Murid TK main angklung: nada do bolos karena mau pipis, lagunya tetap jalan. Itulah hidup.'),
  (102, 'neng_dini', 'text_with_event', 'public', 4, '17:15', 'udjo-angklung', 'Khusus yang selalu disuruh lipsync waktu paduan suara. Ini balas dendam kalian.'),
  (103, 'asep_ridwan', 'text_with_images', 'public', 2, '21:00', 'cuanki', 'Hasil resmi hunting cuanki: gerobak tiga 8,9; gerobak satu 8,4; gerobak lima didiskualifikasi karena sambalnya pelit.'),
  (104, 'asep_ridwan', 'text_with_event', 'public', 5, '13:10', 'tekken', 'Bracket 32 mulai terisi. Yang main Eddy tolong isi formulir permohonan maaf di depan.'),
  (105, 'dimas_anggoro', 'text_with_event', 'public', 9, '12:00', 'tanah-basah', 'Banyak yang lapor “mas, atap ruang dua bocor”. Itu karyanya. Ember juga karyanya. Jangan dibuang airnya, tolong.'),
  (106, 'dimas_anggoro', 'text_with_images', 'public', 19, '18:40', 'cukil', 'Lima belas kaus, empat plester, satu orang yang mencukil tulisannya lupa dibalik. Kami cetak juga. Jadinya paling laku.'),
  (107, 'tari_anjani', 'text_with_event', 'public', 3, '17:30', 'bedhaya', 'Tujuh bulan latihan untuk empat puluh menit. Kaki hitam semua, hati penuh.'),
  (108, 'tari_anjani', 'text', 'public', 14, '16:20', null, 'Jam 4 latihan. Jam 4.15 ngantuk. Jam 4.20 ditegur gong.'),
  (109, 'dayang_meliana', 'text_with_images', 'public', 34, '08:00', 'prambanan-run', 'Ran through rice fields with Prambanan on the horizon. Nggak nyangka skripsi… eh tesis, bisa menunggu seindah ini.'),
  (110, 'dayang_meliana', 'text', 'public', 5, '20:35', null, 'Kangen chai kue Siantan. Adakah manusia di Jogja yang menjualnya? Saya bayar pakai daun herbarium.'),
  (111, 'pak_wid', 'text', 'public', 8, '09:10', null, 'Dulu di Ngasem ini pasar burung. Sekarang burungnya pindah, kicaunya masih sering saya dengar kalau subuh.'),
  (112, 'pak_wid', 'text_with_event', 'public', 2, '08:00', 'tamansari-jalan', 'Monggo, beberapa hari lagi kita jalan. Saya sudah siapkan dua cerita yang tidak boleh direkam.'),
  (113, 'kevin_gunawan', 'text_with_images', 'public', 1, '22:15', 'retro-corner', 'Dua hari pertama Retro Corner: 300-an orang, satu bapak menamatkan Contra tanpa kode. Kami semua berdiri tepuk tangan.'),
  (114, 'kevin_gunawan', 'poll', 'public', 5, '20:00', 'retro-corner', 'Konsol terbaik sepanjang masa. Saya tidak akan menerima jawaban yang salah.'),
  (115, 'kevin_gunawan', 'text_with_event', 'public', 2, '14:25', 'fc-night', 'Tim diundi. Kemarin yang dapat Liechtenstein malah juara, jadi jangan banyak alasan.'),
  (116, 'melati_sukma', 'text_with_event', 'public', 3, '06:15', 'bungkul-yoga-2', 'Punggung kalian memanggil. Minggu, Bungkul, gratis. Matras pinjaman ada sepuluh.'),
  (117, 'melati_sukma', 'text', 'public', 18, '08:40', null, 'Ada yang savasana-nya kebablasan sampai jam setengah delapan. Kami tutupi topi dan tinggal. Pulang-pulang katanya tidur terbaik tahun ini.'),
  (118, 'fitri_handayani', 'text', 'followers', 4, '23:10', null, 'Jaga 24 jam selesai. Tiga pasien bawain makan. Kadang kerjaan ini manis sekali.'),
  (119, 'cak_arif', 'text', 'public', 6, '08:20', 'rawon', 'Rawone entek, perute ngamuk, atine seneng. Suwun rek sing wis melu. Minggu ngarep tahu tek?'),
  (120, 'cak_arif', 'poll', 'public', 4, '19:35', null, 'Kopdar kuliner berikute nang endi?'),
  (121, 'cak_arif', 'text', 'public', 1, '18:50', 'nonton-persebaya', 'Laga dipindah, acara nonton bareng batal dulu rek. Sing wis tuku tiket iso refund nang loket.'),
  (122, 'komang_sudiarta', 'text_with_images', 'public', 10, '12:20', 'kuta-surf', 'Semua pemula berhasil berdiri. Pak Putu jatuh 22 kali dan bangun 23 kali, jangan tanya hitungannya.'),
  (123, 'komang_sudiarta', 'text', 'public', 21, '17:50', null, 'Ombak setinggi lutut, angin tenang, turis ribut. Tetap syukur.'),
  (124, 'made_laksmi', 'text', 'followers', 2, '06:00', null, 'Pagi ini laut seperti kaca. Tidak saya foto.'),
  (125, 'nyoman_tirta', 'text_with_event', 'public', 3, '15:45', 'aksara-bali', 'Setelah satu sesi kalian bisa baca papan jalan. Efek samping: tidak bisa berhenti mengoreksi papan jalan.'),
  (126, 'nyoman_tirta', 'text', 'public', 12, '20:25', null, 'HP saya retak tepat di huruf “nga”. Sekarang semua orang saya sapa “ra ra”.'),
  (127, 'claire_d', 'text_with_event', 'public', 2, '10:20', 'sunset-jam', 'Suling confirmed!! Bongo player still terrible (me). See you on the sand.'),
  (128, 'claire_d', 'text', 'public', 15, '14:30', null, 'Today I said “saya hamil” instead of “saya lapar” to the whole warung. I got free food and a lot of advice.'),
  (129, 'claire_d', 'text_with_images', 'public', 18, '18:05', 'remote-lunch', 'Remote lunch at Beachwalk: one long table, zero pitch decks, one crypto mention (he paid for dessert).'),
  (130, 'hana_tjahjadi', 'text_with_event', 'public', 2, '11:00', 'festival-baca', 'Hari Buku Bekas balik lagi! Pendaftaran lapak gratis untuk penerbit kecil. Tolong bantu sebar.'),
  (131, 'gita_maharani', 'text_with_event', 'public', 1, '12:10', 'jazz-prambanan', 'Masih jauh harinya, tapi early bird-nya enggak. Line-up-nya bikin aku nangis waktu bikin poster.'),
  (132, 'dayang_meliana', 'poll', 'public', 1, '07:30', null, 'Lari pagi di Jogja minggu depan ke mana?');

-- Reposts, with or without a quote.
create temporary table seed_reposts (number int primary key, author text, original int, day int, at time, visibility text, quote text);

insert into seed_reposts (number, author, original, day, at, visibility, quote) values
  (133, 'rara_ayunda', 1, 2, '09:00', 'public', 'Aku ikut!! Doakan nggak nyasar ke Mangga Dua.'),
  (134, 'erika_siregar', 130, 2, '11:45', 'public', 'Penerbit kecil, penulis indie, ini panggung kalian.'),
  (135, 'ayu_prameswari', 70, 1, '07:10', 'public', ''),
  (136, 'lia_manurung', 58, 2, '11:20', 'public', 'Aku saksinya, tangannya beneran hangat.'),
  (137, 'sam_latuconsina', 131, 1, '13:30', 'public', 'Ambonnya itu kami 🌺'),
  (138, 'galih_permana', 131, 1, '14:05', 'public', 'Kereta sudah dipesan.'),
  (139, 'tari_anjani', 105, 8, '13:00', 'public', 'Tolong ya, embernya jangan ditendang lagi.'),
  (140, 'claire_d', 31, 4, '10:40', 'public', 'Proud of every tired hand. Bulan depan aku bawa teman lagi.'),
  (141, 'komang_sudiarta', 31, 4, '11:15', 'public', ''),
  (142, 'agus_hermawan', 16, 23, '09:30', 'public', 'Talk nomor tiga wajib ditonton semua tim yang merasa autovacuum-nya baik-baik saja.'),
  (143, 'reza_firmansyah', 41, 6, '23:00', 'public', ''),
  (144, 'intan_nurhaliza', 98, 2, '18:40', 'public', 'Siapin baju ganti dua, pengalaman.'),
  (145, 'cak_arif', 113, 1, '23:05', 'public', 'Bapak sing namatno Contra iku tonggoku rek!'),
  (146, 'hendra_wijaya', 61, 5, '16:00', 'public', 'Saya terbang ke Jakarta khusus untuk ini.'),
  (147, 'bang_mamat', 87, 3, '22:00', 'public', 'Aye duduk paling depan.'),
  (148, 'hana_tjahjadi', 20, 3, '19:30', 'public', 'Layar tancap adalah bentuk bioskop yang paling jujur.'),
  (149, 'olivia_tan', 62, 6, '18:20', 'public', 'The window AND the story about the chair. Ugh.'),
  (150, 'maria_lapian', 90, 7, '21:10', 'public', 'Netizen Palembang, turun tangan. Ini darurat cuko.'),
  (151, 'citra_lestari', 99, 3, '23:00', 'public', ''),
  (152, 'fajar_ramadhan', 95, 2, '09:10', 'public', 'Minggu ini saya nyusul ke Bandung.'),
  (153, 'xaver_bria', 30, 1, '21:00', 'public', ''),
  (154, 'kadek_ayuni', 128, 15, '16:45', 'public', 'Ibu warungnya masih nanya kabar bayimu.'),
  (155, 'melati_sukma', 32, 16, '08:15', 'followers', 'Suatu hari yoga di sana.'),
  (156, 'yohana_rumbiak', 45, 3, '13:10', 'public', 'Ada foto mama-mama Pasar Senen. Datang, lihat pelan-pelan.');

insert into seed_posts (number, author, type, visibility, day, at, content)
select number, author, 'repost', visibility, day, at, quote from seed_reposts;

update seed_posts s
set id = ('b0000000-0000-4000-8000-' || lpad(s.number::text, 12, '0'))::uuid, author_id = p.id,
  written = least((((now() at time zone 'Asia/Jakarta')::date - o.day + o.at) at time zone 'Asia/Jakarta') + interval '1 second' * (o.number * 17 % 60),
    now() - interval '3 minutes' * (1 + o.number % 7))
from seed_posts o join seed_people p on p.username = o.author
where o.number = s.number;

insert into post_service.posts (id, author_id, event_id, attached_event_id, original_post_id, content, type, visibility, created_at, updated_at)
select s.id, s.author_id, case when s.type <> 'text_with_event' then e.id end, case when s.type = 'text_with_event' then e.id end,
  o.id, s.content, s.type::post_service.post_type, s.visibility::post_service.post_visibility, s.written, s.written
from seed_posts s
left join seed_events e on e.slug = s.event
left join seed_reposts r on r.number = s.number
left join seed_posts o on o.number = r.original
order by s.written;

insert into post_service.post_images (post_id, image_url, order_index)
select s.id, 'https://picsum.photos/seed/anigmaa-' || s.number || '-' || i || '/1080/1080', i - 1
from seed_posts s cross join generate_series(1, 1 + s.number % 3) i
where s.type = 'text_with_images';

-- Polls.
create temporary table seed_options (post int, position int, label text, primary key (post, position));

insert into seed_options (post, position, label) values
  (5, 0, '88°C, aman buat semua'), (5, 1, '92°C dong'), (5, 2, 'Mendidih, titik'), (5, 3, 'Saya cuma mau minum'),
  (14, 0, 'Diam, doakan mempelai'), (14, 1, 'Foto, kirim ke grup editor'), (14, 2, 'Tidak jadi datang'),
  (19, 0, 'CI, otomatis'), (19, 1, 'Senior yang sabar'), (19, 2, 'psql dan doa'), (19, 3, 'Migrasi apa?'),
  (27, 0, 'Batagor'), (27, 1, 'Bubur'), (27, 2, 'Cuanki'), (27, 3, 'Pulang, diet'),
  (40, 0, 'Diaduk'), (40, 1, 'Tidak diaduk'), (40, 2, 'Tinutuan, baru ngomong'),
  (54, 0, 'Di bawah 500 km'), (54, 1, '500–800 km'), (54, 2, 'Sampai jebol'), (54, 3, 'Sepatu lari?'),
  (78, 0, 'Mobile Legends'), (78, 1, 'PUBG Mobile'), (78, 2, 'Among Us, nostalgia'), (78, 3, 'Tidur'),
  (86, 0, 'Tengah belakang'), (86, 1, 'Tengah pas'), (86, 2, 'Depan, biar leher berjuang'), (86, 3, 'Dekat pintu'),
  (114, 0, 'Dreamcast'), (114, 1, 'PS2'), (114, 2, 'SNES'), (114, 3, 'Dingdong di mal'),
  (120, 0, 'Tahu tek Dinoyo'), (120, 1, 'Lontong balap Kranggan'), (120, 2, 'Sate klopo Ondomohen'),
  (132, 0, 'Embung Tambakboyo'), (132, 1, 'Selokan Mataram'), (132, 2, 'Prambanan lagi');

insert into post_service.poll_options (id, post_id, label, order_index)
select ('d0000000-0000-4000-8000-' || lpad((o.post * 10 + o.position)::text, 12, '0'))::uuid, s.id, o.label, o.position
from seed_options o join seed_posts s on s.number = o.post
order by o.post, o.position;

-- Who can see which post, by the platform's rules.
create temporary table seed_reads as
select s.number as post, p.id as person, p.username, s.id as post_id, s.author_id, s.written, v.follows,
  greatest(s.written, now() - interval '1 day' * p.joined) as from_when
from seed_posts s
join seed_people p on p.username <> 'promo_kilat'
join seed_sees v on v.viewer = p.id and v.person = s.author_id and v.sees
left join seed_reposts r on r.number = s.number
left join seed_posts o on o.number = r.original
left join seed_sees w on w.viewer = p.id and w.person = o.author_id
where (s.visibility = 'public' or s.author_id = p.id or s.visibility = 'followers' and v.follows)
  and (r.number is null or w.sees);

create unique index on seed_reads (post, person);
analyze seed_reads;

insert into post_service.poll_votes (post_id, option_id, user_id, created_at)
select r.post_id, ('d0000000-0000-4000-8000-' || lpad((r.post * 10 + c.choice)::text, 12, '0'))::uuid, r.person,
  r.from_when + least(now() - r.from_when, interval '6 days') * c.luck * c.luck
from seed_reads r
join (select post, count(*)::int as options from seed_options group by post) o on o.post = r.post
cross join lateral (select (hashtext('vote' || r.username || r.post) & 1023) / 1024.0 as luck,
  -- The smaller of two random numbers, so that the votes are unevenly distributed.
  least(hashtext('a' || r.username || r.post) & 1023, hashtext('b' || r.username || r.post) & 1023) % 1024 * o.options / 1024 as choice) c
where r.person <> r.author_id and (hashtext(r.username || 'poll' || r.post) & 1023) < case when r.follows then 620 else 230 end;

-- Two polls are closed.
update post_service.posts
set poll_closes_at = created_at + interval '7 days'
where id in ('b0000000-0000-4000-8000-000000000014', 'b0000000-0000-4000-8000-000000000019');
update post_service.posts
set poll_closes_at = now() + interval '3 days'
where id in ('b0000000-0000-4000-8000-000000000005', 'b0000000-0000-4000-8000-000000000027', 'b0000000-0000-4000-8000-000000000132');

-- Comments, at most three levels deep: `parent` is the number of the comment that a reply answers.
create temporary table seed_comments (
  number int primary key, post int, parent int, author text, content text, id uuid, author_id uuid, written timestamptz
);

insert into seed_comments (number, post, parent, author, content) values
  (1, 1, null, 'bimasatrio', 'Kalau oat milk bawa sendiri dari rumah?'), (2, 1, 1, 'ayu_prameswari', 'Boleh, tapi minumnya di luar pagar.'),
  (3, 1, 2, 'bimasatrio', 'Kejam. Aku hadir.'), (4, 1, null, 'rara_ayunda', 'Deg-degan, ini ngopi bareng pertamaku di sini!'),
  (5, 1, 4, 'maria_lapian', 'Tenang, duduk dekat saya, nanti saya pesankan choi pan juga.'), (6, 1, 5, 'rara_ayunda', 'Kak Maria 🥹 siap!'),
  (7, 2, null, 'andi_zaki', 'Setuju, dan abangnya hafal muka.'), (8, 2, null, 'olivia_tan', 'Someone finally said it.'),
  (9, 2, 7, 'ayu_prameswari', 'Dia tahu aku habis patah hati sebelum ibuku tahu.'), (10, 2, null, 'reza_firmansyah', 'Abang sepeda terima QRIS sekarang, makin tak terkalahkan'),
  (11, 3, null, 'bimasatrio', 'Saya salah tiga dari tiga, itu konsisten namanya.'), (12, 3, 11, 'lia_manurung', 'Konsisten adalah kunci, kata seminar.'),
  (13, 3, null, 'hana_tjahjadi', 'Nyesel nggak ikut. Kapan lagi?'), (14, 3, 13, 'ayu_prameswari', 'Tak Kie dulu, habis itu cupping.'),
  (15, 4, null, 'ayu_prameswari', 'Termosnya damai, kamunya?'), (16, 4, 15, 'bimasatrio', 'Termosnya dulu. Saya menyusul.'),
  (17, 4, 16, 'andi_zaki', 'Peluk, Bim. Nanti kubawakan pisang.'), (18, 4, null, 'rangga_pratama', 'Lari aja dulu, Bro. Serius, obat.'),
  (19, 5, null, 'joko_susilo', 'Kopi joss tidak mengenal suhu, hanya bara.'), (20, 5, 19, 'bimasatrio', 'Mas Joko selalu menang debat yang belum dimulai.'),
  (21, 6, null, 'rara_ayunda', 'Cantik! Ini sebelah mana kak?'), (22, 6, 21, 'bimasatrio', 'Jembatan penyeberangan dekat stasiun, jam setengah enam.'),
  (23, 7, null, 'galih_permana', 'Frame 12 memang dari Tuhan, saya cuma di sana.'), (24, 7, 23, 'citra_lestari', 'Sombongnya halus banget 😂'),
  (25, 7, null, 'qonita_zahra', 'Yang bapak buka rolling door itu indah sekali.'), (26, 7, null, 'vania_halim', 'Proporsi fasadnya! Bandung curang.'),
  (27, 9, null, 'wulan_sasmita', 'Sini makan dulu. Takutnya nanti.'), (28, 9, 27, 'citra_lestari', 'Otw Cigadung, siapin kucingnya.'),
  (29, 9, null, 'galih_permana', 'Selamat lahir kembali, Cit.'), (30, 10, null, 'made_laksmi', 'Jawaban yang bagus, Bli. Anaknya lebih bagus lagi.'),
  (31, 10, null, 'tari_anjani', 'Mau lihat gambarnya!!'), (32, 10, 31, 'dewa_arta', 'Dia minta royalti kalau diunggah. Serius.'),
  (33, 10, 32, 'tari_anjani', 'Delapan tahun sudah paham hak cipta. Hormat.'), (34, 11, null, 'claire_d', 'I am very scared of the line. Sampai ketemu!'),
  (35, 12, null, 'hana_tjahjadi', '“Belum” itu kata paling sopan untuk “tidak”.'), (36, 12, 35, 'erika_siregar', 'Dan paling jujur untuk “nanti”.'),
  (37, 12, null, 'nyoman_tirta', 'Di kelas saya yang dihapus “merupakan”.'), (38, 12, 37, 'erika_siregar', 'Pak Nyoman, mari kita dirikan partai.'),
  (39, 14, null, 'hana_tjahjadi', 'Opsi 4: koreksi pakai pulpen di buku tamu.'), (40, 14, 39, 'lia_manurung', 'Kak Hana beneran pernah begitu, saya saksinya.'),
  (41, 14, 40, 'hana_tjahjadi', 'Itu SATU KALI.'), (42, 15, null, 'togar_simanjuntak', 'Bapak-bapak kita memang begitu, Ito. Nangka artinya rindu.'),
  (43, 15, 42, 'erika_siregar', 'Jangan diperjelas, Lae 😭'), (44, 16, null, 'agus_hermawan', 'Slide vacuum-nya saya cetak, tempel di kulkas kantor.'),
  (45, 16, 44, 'fajar_ramadhan', 'Semoga isinya sering dibersihkan juga.'), (46, 16, null, 'naufal_azhar', 'Pizzanya deadlock di meja dua, mohon di-postmortem.'),
  (47, 17, null, 'reza_firmansyah', 'Saya pernah DELETE tanpa WHERE. Lolos seleksi?'), (48, 17, 47, 'fajar_ramadhan', 'Keynote.'),
  (49, 18, null, 'teuku_iqbal', 'Bayinya gampang, kasih susu. Disknya?'), (50, 18, null, 'rizal_chaniago', 'Semangat, Jar. Dua-duanya cepat besar.'),
  (51, 19, null, 'agus_hermawan', 'Yang pilih “migrasi apa?” tolong angkat tangan biar kami doakan.'), (52, 20, null, 'tari_anjani', 'Bawa bantal boleh Mbak?'),
  (53, 20, 52, 'gita_maharani', 'Boleh, asal mau berbagi kalau aku lelah.'), (54, 20, null, 'pak_wid', 'Waktu kecil saya nonton layar tancap dari balik layar. Tulisannya terbalik, filmnya tetap bagus.'),
  (55, 20, 54, 'gita_maharani', 'Pak Wid, boleh saya kutip di poster?'), (56, 20, 55, 'pak_wid', 'Monggo. Honornya kacang rebus.'),
  (57, 21, null, 'sam_latuconsina', 'Review begini lebih mahal dari bayaran.'), (58, 21, null, 'joko_susilo', 'Tetangga itu juara.'),
  (59, 22, null, 'joko_susilo', 'Coba Mas Pras di Jetis, bilang dari saya.'), (60, 22, 59, 'gita_maharani', 'Dapat! Matur nuwun sanget.'),
  (61, 23, null, 'kevin_gunawan', 'Hobi sing ono invoice-e, Koh.'), (62, 24, null, 'rizal_chaniago', 'Kardus dobel wall atau triple, Pak Hendra?'),
  (63, 24, 62, 'hendra_wijaya', 'Dobel, tapi 200 gsm. Nanti saya kirim pemasoknya.'), (64, 24, 63, 'rizal_chaniago', 'Mantap, utang satu rendang.'),
  (65, 25, null, 'neng_dini', 'Siput finish duluan dari yang rebahan (aku).'), (66, 25, null, 'rangga_pratama', 'Negative split nggak?'),
  (67, 25, 66, 'intan_nurhaliza', 'Positive thinking aja, Kang.'), (68, 27, null, 'ardi_kurniawan', 'Pilihan empat siapa yang nulis, fitnah.'),
  (69, 28, null, 'pak_wid', 'Bioskop Permata ceritanya belum selesai, masih ada bagian listrik padam.'), (70, 28, 69, 'xaver_bria', 'Bagian dua minggu depan ya Pak, saya bawa gorengan.'),
  (71, 29, null, 'sari_kusuma', 'Perasaan juga ikut naik lima ratus, Mas.'), (72, 31, null, 'claire_d', 'Sachets should be illegal. See you next month!'),
  (73, 31, 72, 'kadek_ayuni', 'Petition after jaje, deal?'), (74, 31, null, 'melati_sukma', 'Timbangannya pakai yang buat karung beras aja, Dek.'),
  (75, 31, null, 'putu_wirawan', 'Pinggang saya yang 43 kg.'), (76, 34, null, 'fitri_handayani', 'Pak Lukman guruku dulu, masih sama semangatnya.'),
  (77, 34, null, 'pak_wid', 'Senang membacanya, Pak. Kelas terbaik memang tidak beratap.'), (78, 34, 77, 'lukman_hakim', 'Suatu hari kita tukar kota, Pak Wid. Saya pandu Ampel, njenengan pandu Ngasem.'),
  (79, 34, 78, 'pak_wid', 'Sepakat. Saya bawa topi.'), (80, 35, null, 'erika_siregar', 'Mau ini jadi kalimat pembuka buku, Pak?'),
  (81, 37, null, 'olivia_tan', 'The minus zero calories 😭 see you at jilid dua'), (82, 37, null, 'bang_mamat', 'Kaki aye ampe sekarang masih minta cuti.'),
  (83, 37, 82, 'maria_lapian', 'Kakinya cuti, mulutnya lembur ya Bang.'), (84, 38, null, 'rara_ayunda', 'Ada pempek nggak di rutenya kak 👉👈'),
  (85, 38, 84, 'maria_lapian', 'Di titik tujuh, dan cukonya benar. Saya sudah interogasi.'), (86, 38, 85, 'rara_ayunda', 'DAFTAR.'),
  (87, 39, null, 'sam_latuconsina', 'Colo-colo saya juga difitnah begitu.'), (88, 40, null, 'rizal_chaniago', 'Diaduk itu kejahatan terhadap kerupuk.'),
  (89, 40, 88, 'togar_simanjuntak', 'Kejahatan yang enak, Da.'), (90, 40, null, 'yohana_rumbiak', 'Di sini nggak ada papeda, jadi saya golput.'),
  (91, 42, null, 'reza_firmansyah', 'NPC-nya lebih rajin dari saya'), (92, 42, null, 'kevin_gunawan', 'Ship it. Itu fitur religi.'),
  (93, 43, null, 'kevin_gunawan', 'Saya pembeli ke-12 dan menuntut DLC.'), (94, 43, 93, 'naufal_azhar', 'DLC-nya berupa permintaan maaf tertulis.'),
  (95, 44, null, 'hana_tjahjadi', 'Yang keempat, tolong. Mau kubeli cetakannya.'), (96, 44, 95, 'olivia_tan', 'It''s yours, barter sama tiket film?'),
  (97, 44, null, 'dimas_anggoro', 'Garismu makin berani, Liv.'), (98, 45, null, 'lia_manurung', 'Stikernya masih ada Sabtu?'),
  (99, 45, 98, 'olivia_tan', 'I hid ten for late people like us.'), (100, 46, null, 'erika_siregar', 'Satu kalimat, satu cerpen. Berhenti menggambar, mulai menulis. Bercanda. Dua-duanya.'),
  (101, 47, null, 'kadek_ayuni', 'Bli kenapa? Sakit?'), (102, 47, 101, 'putu_wirawan', 'Final badminton.'),
  (103, 49, null, 'wulan_sasmita', 'Udin boleh main sama Oncom nggak?'), (104, 49, 103, 'qonita_zahra', 'Udin pendiam, cocok.'),
  (105, 49, null, 'neng_dini', 'Keponakanku punya dua batu sekarang. Salah Teh Qonita.'), (106, 50, null, 'citra_lestari', 'Ada taman baca di Cigending, Teh. Aku kirim lokasinya.'),
  (107, 51, null, 'togar_simanjuntak', 'Saya sweeper. Yang lambat akan ditemani, yang menyerah akan dinyanyikan.'), (108, 51, 107, 'rara_ayunda', 'Ini motivasi atau ancaman bang 😂'),
  (109, 51, 108, 'togar_simanjuntak', 'Tergantung suara saya hari itu.'), (110, 51, null, 'bang_mamat', 'Soto Bu Yati nyang bening apa nyang santen?'),
  (111, 52, null, 'bimasatrio', 'Sepatu saya baru kering hari ini. Hari ini hujan lagi.'), (112, 53, null, 'putu_wirawan', 'Dihitung, masukkan aplikasi.'),
  (113, 54, null, 'reza_firmansyah', 'Sampai jebol, lalu dilem, lalu jebol lagi'), (114, 56, null, 'dimas_anggoro', 'Cukil juga ditawar pakai “kan cuma cap”. Hadir, Mbak.'),
  (115, 56, 114, 'sari_kusuma', 'Bawa cap-nya, Dim. Kita cap dahinya.'), (116, 57, null, 'lia_manurung', 'Nadinya bagus, parkirnya jangan.'),
  (117, 59, null, 'sam_latuconsina', 'Yah. Balkon Blok M siap jadi cabang teriak.'), (118, 59, null, 'rangga_pratama', 'Izin tahun depan kita urus dari sekarang, Lae.'),
  (119, 59, 118, 'togar_simanjuntak', 'Siap, kau yang bawa map-nya.'), (120, 60, null, 'andi_zaki', 'Da, harga coto juga menangis.'),
  (121, 61, null, 'hendra_wijaya', 'Saya bawa angka rugi 2021, masih ada bekas air matanya.'), (122, 61, 121, 'rizal_chaniago', 'Itu pembukanya, Koh.'),
  (123, 62, null, 'melati_sukma', 'Bapak toko bautnya MVP.'), (124, 62, null, 'citra_lestari', 'Mau versi cetaknya buat studio.'),
  (125, 64, null, 'galih_permana', 'Misro kurator yang tegas.'), (126, 64, 125, 'wulan_sasmita', 'Oncom cuma magang.'),
  (127, 66, null, 'dayang_meliana', 'Subbab juga bab yang kecil, semangat!'), (128, 66, null, 'gita_maharani', 'Aku dulu satu kalimat per malam. Lulus kok. Akhirnya.'),
  (129, 66, 128, 'xaver_bria', 'Berapa malam, Mbak?'), (130, 66, 129, 'gita_maharani', 'Kita ngomongin Catan aja yuk.'),
  (131, 68, null, 'andi_zaki', 'Warnanya berani sekali. Selamat untuk ponakan!'), (132, 68, null, 'wulan_sasmita', 'Sebagai perajut, saya hanya bisa bertepuk tangan.'),
  (133, 68, 132, 'yohana_rumbiak', 'Datang belajar, kita tukar simpul.'), (134, 70, null, 'bang_mamat', 'Sambelnye nyang pedes ape nyang sopan?'),
  (135, 71, null, 'rizal_chaniago', 'Menyusulnya kapan, Di? Sudah tiga minggu.'), (136, 71, 135, 'andi_zaki', 'Masih belum rela.'),
  (137, 72, null, 'fajar_ramadhan', 'Gayo dua kilo, sanger instan secukupnya koper.'), (138, 72, null, 'rizal_chaniago', 'Titip salam buat mi Aceh yang di Peunayong.'),
  (139, 73, null, 'ayu_prameswari', 'Yang kedua kemarin bisa buat bangun teras.'), (140, 73, 139, 'ratna_dewi', 'Kuadukan ke mamakmu.'),
  (141, 74, null, 'maria_lapian', 'Empat porsi sisanya alamatnya mana, Rat?'), (142, 75, null, 'ayu_prameswari', 'NADIAAAA 😭😭😭'),
  (143, 75, null, 'erika_siregar', 'Bu Pengacara!! Bangga sekali.'), (144, 75, 143, 'nadia_puspita', 'Belum disumpah, jangan dulu 😭'),
  (145, 77, null, 'fajar_ramadhan', 'Dua detik itu retensi yang bagus.'), (146, 79, null, 'erika_siregar', 'Saya gendong kalau dapat giliran pertama Azul.'),
  (147, 79, 146, 'lia_manurung', 'Suap diterima.'), (148, 80, null, 'bimasatrio', 'Empat derajat itu masih akustik, delapan baru rock.'),
  (149, 81, null, 'sam_latuconsina', 'Besok-besok kolab, Bang. Ukulele dan cak kan sodara.'), (150, 81, 149, 'bang_mamat', 'Nyok! Aye bagian nyang cengkoknye.'),
  (151, 83, null, 'maria_lapian', 'Diamnya Abang terdengar sampai Manado.'), (152, 85, null, 'olivia_tan', 'My apartment corridor is now canceled, thanks.'),
  (153, 85, null, 'nadia_puspita', 'Lorong parkiran juga, tolong dicatat.'), (154, 86, null, 'gita_maharani', 'Depan. Biar dunia hilang.'),
  (155, 86, 154, 'hana_tjahjadi', 'Akhirnya ketemu satu orang lagi.'), (156, 87, null, 'maria_lapian', 'Hidup Oma! Papedaku jangan lupa.'),
  (157, 88, null, 'claire_d', 'Be the green shirt you want to see in the world.'), (158, 88, null, 'gita_maharani', 'Tiga orang itu bakal cerita ke tiga puluh orang, Bung.'),
  (159, 89, null, 'lia_manurung', 'Sini ke Tebet, aku ada 63 alasan buat temenan.'), (160, 89, 159, 'rara_ayunda', 'Itu board game ya kak? Aku cuma bisa ular tangga 😭'),
  (161, 89, 160, 'lia_manurung', 'Ular tangga itu gerbangnya.'), (162, 89, null, 'hana_tjahjadi', 'Dukuh Atas memang labirin. Kalau ke Cikini, kabari.'),
  (163, 89, null, 'bang_mamat', 'Selamat dateng di Betawi, Neng. Nyasar dikit kagak ngapa.'), (164, 90, null, 'maria_lapian', 'Ke Glodok sama saya. Titik.'),
  (165, 90, null, 'andi_zaki', 'Di Benhil ada satu, adiknya orang Plaju. Cukonya hitam pekat.'), (166, 90, 165, 'rara_ayunda', 'Terima kasih kak, aku nangis bahagia'),
  (167, 91, null, 'ayu_prameswari', 'Sekarang kamu kenal kami. Nggak ada refund.'), (168, 91, null, 'rangga_pratama', 'Jangan lupa tidur cukup sebelum lari ya!'),
  (169, 94, null, 'fajar_ramadhan', 'Serializable tidurnya, Gus.'), (170, 96, null, 'ardi_kurniawan', 'Keputusan bener, Gus. Sungai nggak bisa dinego.'),
  (171, 97, null, 'intan_nurhaliza', 'Botolnya punyaku, maaf Kang 🙏'), (172, 97, 171, 'ardi_kurniawan', 'Dendanya bandrek dua gelas.'),
  (173, 100, null, 'bang_mamat', 'Dara Puspita! Aye dulu nonton di Ancol digendong babe.'), (174, 100, 173, 'galih_permana', 'Bang, ceritanya harus direkam.'),
  (175, 101, null, 'qonita_zahra', 'Nada do-nya kembali nggak?'), (176, 101, 175, 'neng_dini', 'Kembali, di lagu berikutnya.'),
  (177, 103, null, 'intan_nurhaliza', 'Menolak! Gerobak satu dicurangi hujan.'), (178, 103, 177, 'asep_ridwan', 'Banding diterima, sidang Minggu jam empat, bawa mangkuk.'),
  (179, 103, null, 'galih_permana', 'Gerobak lima memang pelit ti baheula.'), (180, 105, null, 'olivia_tan', 'Please tell me the bucket has a title.'),
  (181, 105, 180, 'dimas_anggoro', '“Ember”, air dan kesabaran, ukuran menyesuaikan hujan.'), (182, 106, null, 'sari_kusuma', 'Yang terbalik itu punya saya 😌'),
  (183, 107, null, 'dewa_arta', 'Merdika! Titip salam untuk para penabuh.'), (184, 107, null, 'made_laksmi', 'Semoga lancar, Tari.'),
  (185, 110, null, 'xaver_bria', 'Herbarium laku berapa sekilo?'), (186, 110, 185, 'dayang_meliana', 'Satu lembar satu chai kue, kurs hari ini.'),
  (187, 111, null, 'lukman_hakim', 'Indah, Pak. Ini bahan ajar.'), (188, 113, null, 'cak_arif', 'Iku Pak Darmo, RT-ku! Wis dadi legenda.'),
  (189, 113, 188, 'kevin_gunawan', 'Sampaikan, piagamnya sudah dicetak.'), (190, 114, null, 'naufal_azhar', 'PS2. Saya siap kehilangan pertemanan.'),
  (191, 114, 190, 'kevin_gunawan', 'Diterima. Jangan hubungi saya sampai Senin.'), (192, 117, null, 'vania_halim', 'Itu saya 🙃'),
  (193, 117, 192, 'melati_sukma', 'Aku nggak sebut nama lho ya.'), (194, 118, null, 'melati_sukma', 'Istirahat Fit, besok kubawakan soto.'),
  (195, 119, null, 'lukman_hakim', 'Tahu tek setuju. Sekalian lewat Peneleh.'), (196, 121, null, 'hendra_wijaya', 'Refund lancar Cak, barusan.'),
  (197, 122, null, 'putu_wirawan', '22 itu setelah istirahat.'), (198, 122, 197, 'komang_sudiarta', 'Siap Bli, saya revisi: 31.'),
  (199, 124, null, 'claire_d', 'Best photo of the week.'), (200, 126, null, 'kadek_ayuni', 'Ra ra juga, Pak Nyoman 😂'),
  (201, 128, null, 'komang_sudiarta', 'Selamat ya Claire, laki atau perempuan?'), (202, 128, 201, 'claire_d', 'Nasi campur. 1.2 kg.'),
  (203, 128, 202, 'kadek_ayuni', 'Sehat selalu ibunya.'), (204, 130, null, 'rara_ayunda', 'Relawan masih dibuka kak?'),
  (205, 130, 204, 'hana_tjahjadi', 'Masih! Isi formnya, pilih meja tukar buku, paling seru.'), (206, 131, null, 'joko_susilo', 'Poster-nya bikin nangis, harganya jangan ya Mbak.'),
  (207, 131, 206, 'gita_maharani', 'Early bird, Mas. Nangis secukupnya.'), (208, 132, null, 'tari_anjani', 'Prambanan lagi dong, kemarin aku belum siap foto.'),
  (209, 134, null, 'hana_tjahjadi', 'Makasih Er! Mejamu sudah kusimpan.'), (210, 145, null, 'kevin_gunawan', 'Tonggone Cak Arif kabeh sakti.'),
  (211, 150, null, 'rara_ayunda', 'Kak Maria aku terharu ini dianggap darurat nasional'), (212, 87, null, 'rara_ayunda', 'Meja panjang untuk yang sendirian masih ada kak?'),
  (213, 87, 212, 'sam_latuconsina', 'Ada, nona. Kursi nomor tiga sudah ditulis namamu.'), (214, 36, null, 'cak_arif', 'AC-ne insyaallah, kringete mesti.');

update seed_comments s
set id = ('c0000000-0000-4000-8000-' || lpad(s.number::text, 12, '0'))::uuid, author_id = p.id,
  written = q.written + least(now() - q.written, interval '2 days') * (t.place::double precision / (t.places + 1)) ^ 1.6
from (select number, row_number() over w as place, count(*) over (partition by post) as places
  from seed_comments window w as (partition by post order by number)) t,
  seed_comments o join seed_people p on p.username = o.author join seed_posts q on q.number = o.post
where t.number = s.number and o.number = s.number;

insert into post_service.comments (id, post_id, author_id, parent_comment_id, content, created_at, updated_at)
select c.id, p.id, c.author_id, f.id, c.content, c.written, c.written
from seed_comments c
join seed_posts p on p.number = c.post
left join seed_comments f on f.number = c.parent
order by c.number;

-- Likes of posts and comments: followers like more, and only what they can see. A comment is visible to a person
-- who can see its post, its author, and the comment it answers.
insert into post_service.likes (user_id, likeable_type, likeable_id, created_at)
select r.person, 'post', r.post_id, r.from_when + least(now() - r.from_when, interval '4 days') * c.luck * c.luck
from seed_reads r
cross join lateral (select (hashtext('when' || r.username || r.post) & 1023) / 1024.0 as luck) c
where r.person <> r.author_id
  and (hashtext(r.username || 'likes' || r.post) & 1023) < case when r.follows then 430 else 45 end + r.post * 37 % 120;

insert into post_service.likes (user_id, likeable_type, likeable_id, created_at)
select r.person, 'comment', c.id, t.since + least(now() - t.since, interval '2 days') * t.luck
from seed_comments c
join seed_reads r on r.post = c.post and r.person <> c.author_id
join seed_sees s on s.viewer = r.person and s.person = c.author_id and s.sees
left join seed_comments f on f.number = c.parent
left join seed_sees fs on fs.viewer = r.person and fs.person = f.author_id
left join seed_comments g on g.number = f.parent
left join seed_sees gs on gs.viewer = r.person and gs.person = g.author_id
cross join lateral (select greatest(c.written, r.from_when) as since, (hashtext('then' || r.username || c.number) & 1023) / 1024.0 as luck) t
where (f.number is null or fs.sees) and (g.number is null or gs.sees)
  and (hashtext(r.username || 'comment' || c.number) & 1023) < case when s.follows then 190 else 14 end;

-- Bookmarks and shares.
insert into post_service.bookmarks (user_id, post_id, created_at)
select r.person, r.post_id, r.from_when + (now() - r.from_when) * (hashtext('keep' || r.username || r.post) & 1023) / 1024.0
from seed_reads r
join seed_posts s on s.number = r.post
where r.person <> r.author_id
  and (hashtext(r.username || 'bookmark' || r.post) & 1023) < case when s.type = 'text_with_event' then 38 else 9 end;

insert into post_service.shares (user_id, post_id, platform, created_at)
select r.person, r.post_id, (array['whatsapp', 'instagram', 'whatsapp', 'telegram', 'x', 'copy_link', 'whatsapp', 'line'])[1 + (hashtext(r.username || r.post) & 7)],
  r.from_when + least(now() - r.from_when, interval '3 days') * (hashtext('send' || r.username || r.post) & 1023) / 1024.0
from seed_reads r
join seed_posts s on s.number = r.post and s.visibility = 'public'
join user_service.user_privacy up on up.user_id = s.author_id and up.profile_visible
where (hashtext(r.username || 'share' || r.post) & 1023) < case when s.type = 'text_with_event' then 24 else 8 end;

-- Four upcoming events are cancelled; their attendees stay listed.
update event_service.events e
set status = 'cancelled'
from seed_events s
where s.id = e.id and s.slug in ('nobar-timnas', 'cikapundung', 'nonton-persebaya', 'layar-puputan');

-- Fold all pending counter deltas.
select user_private.fold_counters();
select event_private.fold_counters();
select post_private.fold_counters();

drop table seed_people, seed_follows, seed_venues, seed_events, seed_sees, seed_invitations, seed_reviews, seed_attendance,
  seed_questions, seed_tickets, seed_posts, seed_reposts, seed_options, seed_reads, seed_comments;
